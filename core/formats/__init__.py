"""How dates are written, where Django's own notation is not what people expect on a screen."""

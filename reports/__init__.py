"""Reports: figures over the records of all apps, as pictures, tables and files."""

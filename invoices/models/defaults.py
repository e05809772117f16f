"""What is proposed in new invoices."""

from django.db import models

from crm.models import Pipeline
from qbo_connector.models import Connection


class PipelineCompany(models.Model):
    """The QuickBooks company in which invoices of a pipeline's deals are usually made."""

    pipeline = models.OneToOneField(Pipeline, models.CASCADE, related_name="quickbooks_company", primary_key=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"pipeline {self.pipeline_id} in company {self.connection_id}"

"""Every night at 02:15 UTC, by Airflow: settle, then prove.

Exit 6 and 7 are tried again; 3 (some markets are held) is a success that a sensor or an alert on the metrics may look at;
everything else fails at once and waits for a person. settle never ends with 99, which a BashOperator would take for skipped.
"""
from __future__ import annotations

import datetime
import subprocess

from airflow import DAG
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.operators.python import PythonOperator

NIGHTLY = "/usr/libexec/settle/nightly"
AGAIN = {6, 7}
CONTENT = {0, 3}


def settle(ds: str) -> int:
    """Settles the night of the data interval's start."""
    code = subprocess.run([NIGHTLY, ds], check=False).returncode
    if code in AGAIN:
        raise AirflowException(f"settle ended with {code}: locked or out of space, tried again")
    if code not in CONTENT:
        raise AirflowFailException(f"settle ended with {code}: see `settle help exit-codes`")
    return code


with DAG(
    dag_id="settle_nightly",
    schedule="15 2 * * *",
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=True,
    max_active_runs=1,
    default_args={"retries": 4, "retry_delay": datetime.timedelta(minutes=15)},
) as dag:
    PythonOperator(task_id="settle", python_callable=settle)

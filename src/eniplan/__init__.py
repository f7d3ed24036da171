"""Plan, check and create exclusive-ENI (Terway) node pools on Alibaba Cloud ACK.

Nothing is imported here: start-up time is paid by every CI run.
"""

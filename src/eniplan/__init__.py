"""Plan, check and create exclusive-ENI (Terway) node pools on Alibaba Cloud ACK.

This file imports nothing: every CI run pays for start-up time.
"""

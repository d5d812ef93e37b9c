"""DingTalk (钉钉): application robot by HTTP or Stream, and group robot."""

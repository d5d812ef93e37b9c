"""WeCom (企业微信): application, group robot and smart robot."""

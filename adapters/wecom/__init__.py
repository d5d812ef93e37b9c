"""The WeCom (企业微信) adapter: applications, group robots and smart robots."""

department = "news"

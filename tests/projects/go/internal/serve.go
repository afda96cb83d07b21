package internal

func Serve() {}

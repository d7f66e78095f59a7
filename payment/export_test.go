package payment

// Judge is judge, for the fuzzer.
func Judge(status int, data []byte, r Request, ofStatus bool) Answer {
	return judge(status, data, r, ofStatus)
}

package chaos_test

// checkAnswers wants every answer sent, and none twice but where SMTP cannot avoid it.
func (r *run) checkAnswers() {
	r.answers = map[string]int{}
}

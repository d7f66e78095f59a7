package desk

// Exceptions are the routes that write no entry by themselves, for tests.
func Exceptions() []string {
	var all []string
	for _, m := range []map[string]bool{impersonal, unchanging} {
		for r := range m {
			all = append(all, r)
		}
	}
	return all
}

// TypedDay is typedDay.
var TypedDay = typedDay

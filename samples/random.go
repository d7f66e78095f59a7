package samples

// random is splitmix64 (Steele, Lea, Flood 2014). Its own few lines keep the sample shop the
// same for ever, which no library promises of its generators.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// between is a number from low to high.
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

// chance is true p times in a hundred.
func (r *random) chance(p int) bool { return r.below(100) < p }

func pick[T any](r *random, of []T) T { return of[r.below(len(of))] }

func shuffle[T any](r *random, of []T) {
	for i := len(of) - 1; i > 0; i-- {
		j := r.below(i + 1)
		of[i], of[j] = of[j], of[i]
	}
}

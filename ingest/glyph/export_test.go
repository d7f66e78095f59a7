package glyph

// Logits are the networks' raw answers to a view, for comparing with PyTorch's.
func (m *Model) Logits(v *Views) [][classes]float32 {
	s := new(scratch)
	s.view = *v
	var out [][classes]float32
	for i := range s.net {
		s.net[i] = make([]float32, m.sizes[i])
	}
	for i := range m.nets {
		out = append(out, [classes]float32(m.nets[i].logits(s)))
	}
	return out
}

// Pools are the probabilities made of the first network's logits alone, the first two's, ….
func (m *Model) Pools(logits [][classes]float32) [][classes]float64 {
	var answers [maxNetworks][classes]float32
	copy(answers[:], logits)
	out := make([][classes]float64, len(m.pools))
	for i := range m.pools {
		m.pools[i].probs(&answers, &out[i])
	}
	return out
}

// Tile and TilePortable are the kernel as this machine runs it and as every machine can.
var (
	Tile         = tile
	TilePortable = tilePortable
	Half         = half
	TileRows     = tileRows
)

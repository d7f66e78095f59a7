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

// Tile and TilePortable are the kernel as this machine runs it and as every machine can.
var (
	Tile         = tile
	TilePortable = tilePortable
	Half         = half
)

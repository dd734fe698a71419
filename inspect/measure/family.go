package measure

// Kind is the type of a family in an exposition.
type Kind string

// The kinds.
const (
	// Gauge is a number that rises and falls.
	Gauge Kind = "gauge"
	// Counter is a number that only rises, until what counts is restarted.
	Counter Kind = "counter"
)

// Definition describes a family of samples.
type Definition struct {
	// Name is the name of the metric, with its unit at the end.
	Name string
	Kind Kind
	// Labels are the names of the labels, in the order of Sample.Labels.
	Labels []string
	// Help is one sentence or two about what the number means.
	Help string
}

// Family is the samples of one metric.
type Family struct {
	Definition
	Samples []Sample
}

// Sample is one number.
type Sample struct {
	// Labels are the values of the labels. They are valid UTF-8 of bounded length.
	Labels []string
	Value  float64
}

// sheet collects samples by family.
type sheet struct{ families map[string]*Family }

func newSheet() *sheet { return &sheet{map[string]*Family{}} }

// add adds a sample.
func (s *sheet) add(d *Definition, value float64, labels ...string) {
	f := s.families[d.Name]
	if f == nil {
		f = &Family{Definition: *d}
		s.families[d.Name] = f
	}
	f.Samples = append(f.Samples, Sample{Labels: labels, Value: value})
}

// list are the families that have samples, in the order in which they are documented.
func (s *sheet) list() []Family {
	var list []Family
	for _, d := range definitions {
		if f := s.families[d.Name]; f != nil {
			list = append(list, *f)
		}
	}
	return list
}

// truth is 1 for true and 0 for false.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

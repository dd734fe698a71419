package metrics

import (
	"fmt"
	"io"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

// Format is an exposition format.
type Format string

// The formats.
const (
	// OpenMetrics is OpenMetrics 1.0 as text.
	OpenMetrics Format = "openmetrics"
	// Text is Prometheus' own text format, the only one that node_exporter's textfile collector
	// and a Pushgateway read.
	Text Format = "text"
)

// Formats are all formats.
var Formats = []string{string(OpenMetrics), string(Text)}

// Write writes the families in a format.
func Write(to io.Writer, families []measure.Family, format Format) error {
	gathered, err := registryOf(families).Gather()
	if err != nil {
		return fmt.Errorf("compose metrics: %w", err)
	}
	kind := expfmt.NewFormat(expfmt.TypeTextPlain)
	if format == OpenMetrics {
		kind = expfmt.NewFormat(expfmt.TypeOpenMetrics)
	}
	encoder := expfmt.NewEncoder(to, kind)
	for _, family := range gathered {
		if err := encoder.Encode(family); err != nil {
			return err
		}
	}
	if closer, ok := encoder.(expfmt.Closer); ok { // it writes the last line, # EOF
		return closer.Close()
	}
	return nil
}

// registryOf is a registry that has these families and nothing else.
func registryOf(families []measure.Family) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector(families))
	return registry
}

// collector offers families as they are. It describes nothing beforehand, so that the registry
// does not ask it for its samples twice.
type collector []measure.Family

// Describe sends nothing.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends every sample.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, family := range c {
		description := prometheus.NewDesc(family.Name, family.Help, slices.Clone(family.Labels), nil)
		for _, sample := range family.Samples {
			out <- prometheus.MustNewConstMetric(description, kindOf(family.Kind), sample.Value, sample.Labels...)
		}
	}
}

func kindOf(kind measure.Kind) prometheus.ValueType {
	if kind == measure.Counter {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

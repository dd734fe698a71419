package render

import (
	"reflect"
	"testing"
)

// Every published key has a heading for "table TEMPLATE".
func TestHeadings(t *testing.T) {
	for _, row := range []any{processKeys{}, zombieRow{}, hostPIDKeys{}, nsKeys{}, hostNSKeys{}, VersionKeys{}, whoKeys{}, limitKeys{}, doctorKeys{}, explainKeys{}, diffKeys{}, signalsKeys{}, signalKeys{}} {
		for _, key := range keysOf(reflect.TypeOf(row)) {
			if headings[key] == "" {
				t.Errorf("%T: key %s has no heading", row, key)
			}
		}
	}
}

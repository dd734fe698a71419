package about

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/docker/cli/cli-plugins/metadata"
)

// docker parses the answer into its own type.
func TestAnswer(t *testing.T) {
	var out bytes.Buffer
	if status := answer(&out); status != 0 {
		t.Fatalf("status %d", status)
	}
	var got metadata.Metadata
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := metadata.Metadata{SchemaVersion: "0.1.0", Vendor: "docker-pidns", Version: Version, ShortDescription: Short, URL: Plugin().URL}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestAnswerThatCannotBeWritten(t *testing.T) {
	if status := answer(full{}); status != 1 {
		t.Errorf("status %d", status)
	}
}

func TestIsAsked(t *testing.T) {
	for want, args := range map[bool][][]string{
		true:  {{"docker-pidns", metadata.MetadataSubcommandName}},
		false: {nil, {"docker-pidns"}, {"docker-pidns", "tree"}, {"docker-pidns", metadata.MetadataSubcommandName, "more"}, {metadata.MetadataSubcommandName}},
	} {
		for _, a := range args {
			if isAsked(a) != want {
				t.Errorf("%q: want %t", a, want)
			}
		}
	}
}

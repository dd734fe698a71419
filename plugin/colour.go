package plugin

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// colours is --color.
type colours string

const (
	coloursAuto   colours = "auto"
	coloursAlways colours = "always"
	coloursNever  colours = "never"
)

// coloursKnown are the values of --color.
var coloursKnown = []string{string(coloursAuto), string(coloursAlways), string(coloursNever)}

// String, Set and Type make it the value of an option.
func (c *colours) String() string { return string(*c) }

// Set takes one of the known values.
func (c *colours) Set(value string) error {
	if !slices.Contains(coloursKnown, value) {
		return fmt.Errorf("want %s", strings.Join(coloursKnown, ", "))
	}
	*c = colours(value)
	return nil
}

// Type is the placeholder for the value in the help.
func (*colours) Type() string { return "string" }

// paint decides whether the screen has colours. In this order it depends on the option,
// NO_COLOR, CLICOLOR_FORCE (https://no-color.org, https://bixense.com/clicolors), and the kind
// of screen.
func (c colours) paint(screen *render.Screen) {
	force := os.Getenv("CLICOLOR_FORCE")
	switch {
	case c != coloursAuto:
		screen.Colour = c == coloursAlways
	case os.Getenv("NO_COLOR") == "" && force != "" && force != "0":
		screen.Colour = true
	}
}

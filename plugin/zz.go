package plugin
import (_ "github.com/jedib0t/go-pretty/v6/table"; _ "github.com/spf13/cobra"; _ "github.com/docker/cli/cli-plugins/plugin"; _ "golang.org/x/text/message")

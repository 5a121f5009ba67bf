// Package tools is the hook tools: how their arguments are parsed, what they
// do to a [hook.Context], and what they print. There are no processes and no
// sockets here; package agentsocket serves the tools to real charms.
//
//	response, err := tools.Run(ctx, c, tools.Request{Command: "config-get", Args: []string{"--format=json"}, Dir: "/"})
//
// Output, exit codes and error texts are those of Juju 3.6.11, to the byte, but
// for the texts of --help. The codes are 0 for done, 1 for a command that was
// understood and failed, 2 for arguments that were not. Flags are parsed by
// github.com/juju/gnuflag and YAML is written by gopkg.in/yaml.v2, as in Juju
// itself, because their texts and layouts show.
//
// Each tool is one small type that implements command; table.go lists them.
package tools

package charmtest

import (
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// checkConfig looks at the values of options.
func (c *checker) checkConfig() {
	for _, name := range sortedKeys(c.state.Config) {
		where, value := c.under("State.Config", name), c.state.Config[name]
		option, ok := c.files.Config.Options[name]
		if !ok {
			c.undeclared(where, "option", name, "config.yaml", names(c.files.Config.Options))
			continue
		}
		if want := wrongType(option, value); want != "" {
			c.problem(where, "the option is of type %s and the value a %T: write %s", option.Type, value, want)
		}
		if uri, ok := value.(string); ok && option.Type == "secret" && uri != "" && !validURI(uri) {
			c.problem(where, "%q is no secret's URI: write \"secret:\" and the id of one of State.Secrets, of 20 letters and digits", uri)
		}
		if option.Type == "secret" && !c.since(3, 4) {
			c.problem(where, "Juju has options of type secret since 3.4, and State.Version is %s: write a newer one", c.state.Version)
		}
	}
}

// wrongType tells what a value should look like; empty if it does.
func wrongType(option metadata.Option, value any) string {
	switch option.Type {
	case "string", "secret":
		if _, ok := value.(string); !ok {
			return `a string, such as "x"`
		}
	case "int":
		switch value.(type) {
		case int, int64:
		default:
			return "an int, such as 1"
		}
	case "float":
		switch value.(type) {
		case float64, int:
		default:
			return "a float64, such as 1.5"
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			return "true or false"
		}
	}
	return ""
}

func validURI(uri string) bool {
	if len(uri) < 7 || uri[:7] != "secret:" {
		return false
	}
	_, err := model.ParseSecretURI(uri)
	return err == nil
}

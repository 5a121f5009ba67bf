package tools

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"gopkg.in/yaml.v2"
)

// maxSecret is the limit of a secret's content, and of each value in it, in
// bytes of base64. Source: Juju 3.6.11.
const maxSecret = 1_000_000

var secretKey = regexp.MustCompile(`^([a-z](?:-?[a-z0-9]){2,})$`)

// secretContent makes the content of a secret, base64 by key, of the arguments
// and of a file that overrides them. Paths are the agent's, not the caller's.
func (c *call) secretContent(args []string, file string) (map[string]string, error) {
	given := map[string]string{}
	for _, arg := range args {
		// "=" at the end is base64 padding, not an empty value.
		at := strings.Index(strings.TrimRight(arg, "="), "=")
		if at < 1 {
			return nil, fmt.Errorf("key value %q not valid", arg)
		}
		key, isFile := strings.CutSuffix(arg[:at], "#file")
		given[key] = arg[at+1:]
		if isFile {
			data, err := c.readSecret(arg[at+1:], fmt.Sprintf("reading content for secret key %q: ", key))
			if err != nil {
				return nil, err
			}
			given[key] = string(data)
		}
	}
	content, err := encodeSecret(given)
	if err != nil || file == "" {
		return content, err
	}
	given, err = c.readSecretFile(file)
	if err != nil {
		return nil, err
	}
	fromFile, err := encodeSecret(given)
	if err != nil {
		return nil, err
	}
	for key, value := range fromFile {
		content[key] = value
	}
	return content, nil
}

// readSecret reads a file; prefix begins the error if it cannot be read.
func (c *call) readSecret(path, prefix string) ([]byte, error) {
	data, err := c.readFile(path, maxSecret)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return nil, fmt.Errorf("%s%w", prefix, err)
	}
	return data, err
}

// readSecretFile reads a JSON or YAML map.
func (c *call) readSecretFile(path string) (map[string]string, error) {
	data, err := c.readSecret(path, "")
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	if json.Unmarshal(data, &given) == nil {
		return given, nil
	}
	if err := yaml.Unmarshal(data, &given); err != nil {
		// The error tells the name of Juju's type.
		return nil, errors.New(strings.ReplaceAll(err.Error(), "into map[string]string", "into secrets.SecretData"))
	}
	return given, nil
}

// encodeSecret checks keys and turns values into base64, unless their suffix
// says that they are.
func encodeSecret(given map[string]string) (map[string]string, error) {
	content := make(map[string]string, len(given))
	total := 0
	for name, value := range given {
		key, encoded := strings.CutSuffix(name, "#base64")
		if !encoded {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		if !secretKey.MatchString(key) {
			return nil, fmt.Errorf("key %q not valid", key)
		}
		if len(value) > maxSecret {
			return nil, fmt.Errorf("base64 encoded secret content for key %q too large: %d bytes", key, len(value))
		}
		total += len(value)
		content[key] = value
	}
	if total > maxSecret {
		return nil, fmt.Errorf("base64 encoded secret content too large: %d bytes", total)
	}
	return content, nil
}

// decodeSecret returns the values as text.
func decodeSecret(content map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(content))
	for key, encoded := range content {
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, err
		}
		values[key] = string(data)
	}
	return values, nil
}

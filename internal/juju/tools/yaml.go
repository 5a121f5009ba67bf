package tools

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v2"
)

func toYAML(value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	data, err := yaml.Marshal(value)
	if err == nil && quotedNumber.Match(data) {
		data, err = unquoteNumbers(data)
	}
	if err != nil {
		return nil, err
	}
	return append(bytes.TrimRight(data, "\n"), '\n'), nil
}

// Juju 3.6.11 writes YAML with its own fork of yaml.v2 (juju/yaml v2.0.0), which
// takes fewer texts for numbers than yaml.v2 2.4.0 does, such as 1e3, 1. and
// 007.5, and so leaves them unquoted.
var (
	quotedNumber = regexp.MustCompile(`"[-+]?[0-9][-+0-9._eE]*"`)
	number       = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)
	plainTime    = regexp.MustCompile(`(?m)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$`)
	jujuNumber   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+][0-9]+)?$`)
)

// plainInJuju reports whether only yaml.v2 quotes the text.
func plainInJuju(text string) bool {
	bare := strings.ReplaceAll(text, "_", "")
	if !number.MatchString(bare) || jujuNumber.MatchString(bare) {
		return false
	}
	_, notInt := strconv.ParseInt(bare, 0, 64)
	_, notUint := strconv.ParseUint(bare, 0, 64)
	_, notFloat := strconv.ParseFloat(bare, 64)
	return notInt != nil && notUint != nil && notFloat == nil
}

// unquoteNumbers writes a document again with those texts plain: a word that
// needs no quotes stands in for each until all is written. Words stand in for
// times too, which come back as texts and would get quotes.
func unquoteNumbers(data []byte) ([]byte, error) {
	var words []string
	word := func(text string) string {
		word := fmt.Sprintf("text%dplain", len(words)/2)
		for bytes.Contains(data, []byte(word)) {
			word += "x"
		}
		words = append(words, word, text)
		return word
	}
	data = plainTime.ReplaceAllFunc(data, func(text []byte) []byte { return []byte(word(string(text))) })
	var document any
	var mapping yaml.MapSlice // a map, whose order is to stay
	if yaml.Unmarshal(data, &mapping) == nil {
		document = mapping
	} else if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	data, err := yaml.Marshal(replaceNumbers(document, word))
	return []byte(strings.NewReplacer(words...).Replace(string(data))), err
}

func replaceNumbers(value any, word func(string) string) any {
	switch v := value.(type) {
	case yaml.MapSlice:
		for i := range v {
			v[i].Key, v[i].Value = replaceNumbers(v[i].Key, word), replaceNumbers(v[i].Value, word)
		}
	case []any:
		for i := range v {
			v[i] = replaceNumbers(v[i], word)
		}
	case string:
		if plainInJuju(v) {
			return word(v)
		}
	}
	return value
}

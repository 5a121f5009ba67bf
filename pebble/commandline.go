package pebble

import (
	"errors"
	"slices"
	"strings"
)

// CommandLine joins words into a command that Pebble splits into the same words again, quoting where needed. A word "["
// or "]" has a meaning of its own in a service's command, quoted or not.
func CommandLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsAny(word, " \t\r\n\"'\\#") {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// splitCommand splits a command into words by Pebble's rules: single quotes keep everything, a backslash outside of them
// keeps the next character, and a word that begins with # begins a comment up to the end of the line.
func splitCommand(command string) ([]string, error) {
	var words []string
	var word []rune
	var quote rune
	inWord, escaped, comment := false, false, false
	for _, r := range command {
		space := strings.ContainsRune(" \t\r\n", r)
		switch {
		case comment:
			comment = r != '\n'
		case escaped:
			word, escaped = append(word, r), false
		case r == '\\' && quote != '\'':
			inWord, escaped = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word = append(word, r)
			}
		case r == '"' || r == '\'':
			inWord, quote = true, r
		case r == '#' && !inWord:
			comment = true
		case space && inWord:
			words, word, inWord = append(words, string(word)), nil, false
		case !space:
			inWord, word = true, append(word, r)
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if escaped {
		return nil, errors.New("nothing follows the last backslash")
	}
	if inWord {
		words = append(words, string(word))
	}
	return words, nil
}

// checkServiceCommand checks a service's command: words, then at most one group of default arguments in [ ... ], last.
func checkServiceCommand(command string) error {
	words, err := splitCommand(command)
	if err != nil {
		return err
	}
	open, shut := slices.Index(words, "["), slices.Index(words, "]")
	switch {
	case open == 0:
		return errors.New("it begins with a [ ... ] group")
	case shut >= 0 && (open < 0 || shut < open):
		return errors.New("a ] stands outside of a [ ... ] group")
	case open >= 0 && slices.Contains(words[open+1:], "["):
		return errors.New("there is more than one [ ... ] group")
	case shut >= 0 && shut < len(words)-1:
		return errors.New("something follows the [ ... ] group")
	}
	return nil
}

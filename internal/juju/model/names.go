package model

import "strings"

// ValidApplicationName reports whether Juju takes the name for an application:
// lower-case letters and digits, with single hyphens between parts of which
// none is a number.
func ValidApplicationName(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for part := range strings.SplitSeq(name, "-") {
		letters := false
		for _, c := range part {
			switch {
			case 'a' <= c && c <= 'z':
				letters = true
			case '0' <= c && c <= '9':
			default:
				return false
			}
		}
		if !letters {
			return false
		}
	}
	return true
}

// ValidUnitName reports whether Juju takes the name for a unit: APPLICATION/N,
// without leading zeros.
func ValidUnitName(name string) bool {
	application, number, ok := strings.Cut(name, "/")
	if !ok || !ValidApplicationName(application) || number == "" || (number[0] == '0' && number != "0") {
		return false
	}
	return digits(number)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(p.text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if path != "" {
				target = filepath.Join(filepath.Dir(p.path), path)
			}
			_, err := os.Stat(filepath.Join(root, target))
			require.NoError(t, err, "%s links to %s", p.path, m[1])
			if anchor != "" {
				require.Contains(t, read(t, target).anchors(), anchor, "%s links to %s", p.path, m[1])
			}
			checked++
		}
	}
	require.NotZero(t, checked)
}

// Every page can be found from the index.
func TestIndexListsEveryPage(t *testing.T) {
	t.Parallel()
	index := read(t, "docs/index.md")
	for _, p := range pages(t) {
		if path, ok := strings.CutPrefix(p.path, "docs/"); ok && path != "index.md" {
			require.Contains(t, index.text, "]("+path+")")
		}
	}
}

// anchors returns the headings as a link names them.
func (p page) anchors() []string {
	var anchors []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(fence.ReplaceAllString(p.text, ""), -1) {
		plain := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(plain, " ", "-"))
	}
	return anchors
}

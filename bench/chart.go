package main

import (
	"bytes"
	"fmt"
)

const (
	chartHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="title desc">
  <title id="title">What a hook takes</title>
  <desc id="desc">Bars of the wall time and the CPU time of one hook, for charmkit, a bare Go program and goops. The table below holds the same figures.</desc>
  <style>
    text { font-family: "Ubuntu", "DejaVu Sans", "Helvetica", sans-serif; fill: #1f2933; font-size: 13px; }
    .h { font-weight: bold; }
    .s { fill: #52606d; font-size: 12px; }
    .page { fill: #ffffff; }
    .charmkit { fill: #d9702b; }
    .bare { fill: #9aa5b1; }
    .goops { fill: #3a6fc4; }
  </style>
  <rect width="%[1]d" height="%[2]d" class="page"/>
`
	chartWidth = 960
	barHeight  = 18
	barStep    = 22
	groupGap   = 44
	// columns of the chart: where names end, and where bars begin.
	namesEnd, wallAt, cpuAt = 100, 110, 560
	// barWidth is the longest bar's, which leaves room for its figure.
	barWidth = 320
)

// chart draws the medians. Each scenario has a scale of its own, in each column:
// what can be compared are the bars of one group.
func (r *report) chart() []byte {
	var b bytes.Buffer
	all := scenarios()
	height := 52 + len(all)*(groupGap+len(names)*barStep)
	fmt.Fprintf(&b, chartHead, chartWidth, height)
	text := func(x, y int, class, anchor, text string) {
		fmt.Fprintf(&b, "  <text x=\"%d\" y=\"%d\" class=\"%s\" text-anchor=\"%s\">%s</text>\n", x, y, class, anchor, text)
	}
	text(wallAt, 30, "h", "start", "Wall time, ms")
	text(cpuAt, 30, "h", "start", "CPU time, ms")
	text(chartWidth-20, 30, "s", "end", "medians; each group has its own scale")
	y := 36
	for _, s := range all {
		y += groupGap
		text(wallAt, y-10, "h", "start", s.name)
		for _, name := range names {
			text(namesEnd, y+barHeight-5, "", "end", name)
			for _, column := range []struct {
				at int
				of measure
			}{{wallAt, wall}, {cpuAt, cpu}} {
				middle, _, _ := r.row(s.name, name).median(column.of)
				width := max(1, float64(barWidth)*float64(middle)/float64(r.longest(s.name, column.of)))
				fmt.Fprintf(&b, "  <rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n", column.at, y, width, barHeight, name)
				text(column.at+int(width)+6, y+barHeight-5, "s", "start", milliseconds(middle))
			}
			y += barStep
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

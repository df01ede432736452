"use strict";
(function () {
    // The pens of plot/style.c, and what they are on a dark ground.  Two with the same dash differ in lightness.
    var light = ["#4b2e83", "#e69f00", "#0072b2", "#8c8c8c", "#e69f00", "#4b2e83", "#e69f00", "#1a1a1a"];
    var dark = ["#b39ae8", "#ffc861", "#5ab4f0", "#a0a0a0", "#fff0c2", "#8f6fd8", "#fff0c2", "#ffffff"];
    var dashes = [null, [7, 4], [8, 3, 2, 3], [2, 3]];
    var night = window.matchMedia("(prefers-color-scheme: dark)");

    function ink(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }
    function colour(curve) {
        return (night.matches ? dark : light)[curve.pen % light.length];
    }
    function number(v) {
        if (v === null || v === undefined || isNaN(v))
            return "none";
        var text = Math.abs(v) >= 1e6 || (v !== 0 && Math.abs(v) < 1e-3) ? v.toExponential(3) : String(+v.toPrecision(6));
        return text.replace("-", "\u2212");
    }
    function save(name, type, text) {
        var a = document.createElement("a");
        a.href = URL.createObjectURL(new Blob([text], { type: type }));
        a.download = name;
        a.click();
        setTimeout(function () { URL.revokeObjectURL(a.href); }, 1000);
    }
    function button(tools, text, what) {
        var b = document.createElement("button");
        b.type = "button";
        b.append(text);
        b.addEventListener("click", what);
        tools.append(b);
        return b;
    }
    function space(tools) {
        var s = document.createElement("span");
        s.className = "push";
        tools.append(s);
    }
    function quoted(text) {
        return "\"" + String(text).replace(/"/g, "\"\"") + "\"";
    }
    // The picture that the program drew, as a file.
    function picture_button(figure, tools) {
        var img = figure.querySelector("img");
        button(tools, img.dataset.name.split(".").pop().toUpperCase(), function () {
            var bytes = Uint8Array.from(atob(img.src.split(",")[1]), function (c) { return c.charCodeAt(0); });
            save(img.dataset.name, img.src.slice(5, img.src.indexOf(";")), bytes);
        });
    }

    // ---- charts ----

    // One row for each x that any curve has, or more where one has several points there; undefined where a curve has none.
    function merge(curves) {
        var rows = new Map(), all = [];
        curves.forEach(function (c, i) {
            var used = new Map();
            c.x.forEach(function (x, k) {
                if (x === null)
                    return;
                if (!rows.has(x))
                    rows.set(x, []);
                var at = rows.get(x), n = used.get(x) || 0;
                if (n === at.length)
                    at.push(new Array(curves.length));
                at[n][i] = k;
                used.set(x, n + 1);
            });
        });
        rows.forEach(function (at, x) { at.forEach(function (row) { all.push([x, row]); }); });
        return all.sort(function (a, b) { return a[0] - b[0]; });
    }
    function csv(chart) {
        var lines = [[quoted(chart.x.label)]];
        chart.curves.forEach(function (c) {
            lines[0].push(quoted(c.name));
            if (c.low)
                lines[0].push(quoted(c.name + ", low"), quoted(c.name + ", high"));
        });
        merge(chart.curves).forEach(function (row) {
            var cells = [row[0]];
            chart.curves.forEach(function (c, i) {
                var k = row[1][i];
                [c.y].concat(c.low ? [c.low, c.high] : []).forEach(function (v) {
                    cells.push(k === undefined || v[k] === null ? "" : v[k]);
                });
            });
            lines.push(cells);
        });
        return lines.map(function (l) { return l.join(","); }).join("\n") + "\n";
    }
    function rows_of(chart, bars) {
        return merge(chart.curves).map(function (row) {
            return [row[0]].concat(chart.curves.map(function (c, i) {
                var k = row[1][i];
                if (k === undefined)
                    return null;
                var y = c.y[k] === null ? NaN : c.y[k];
                if (chart.y.log && !(y > 0))
                    y = NaN;
                if (!bars)
                    return y;
                var band = c.low && c.kind !== "points";
                var low = band && c.low[k] !== null ? c.low[k] : y, high = band && c.high[k] !== null ? c.high[k] : y;
                return [chart.y.log && !(low > 0) ? y : low, y, high];
            }));
        });
    }
    function mark(shape) {
        return function (g, name, ctx, x, y, stroke, size) {
            ctx.strokeStyle = ctx.fillStyle = stroke;
            ctx.lineWidth = 1.4;
            ctx.beginPath();
            if (shape === 0 || shape === 3) {
                ctx.arc(x, y, size, 0, 2 * Math.PI);
            } else if (shape === 1) {
                ctx.moveTo(x, y - size); ctx.lineTo(x + size, y + size); ctx.lineTo(x - size, y + size); ctx.closePath();
            } else {
                ctx.moveTo(x - size, y - size); ctx.lineTo(x + size, y + size); ctx.moveTo(x - size, y + size); ctx.lineTo(x + size, y - size);
            }
            if (shape < 2)
                ctx.fill();
            else
                ctx.stroke();
        };
    }
    // Ticks in powers of ten where an axis is logarithmic and long; dygraphs' own elsewhere.
    function tick(v) {
        if (v === 0)
            return "0";
        if (Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3) {
            var e = Math.floor(Math.log10(Math.abs(v)) + 1e-9), m = +(v / Math.pow(10, e)).toPrecision(3);
            var up = String(e).replace(/[-0-9]/g, function (d) { return d === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[d]; });
            return (m === 1 ? "10" : m === -1 ? "\u221210" : String(m).replace("-", "\u2212") + "\u00d710") + up;
        }
        return String(+v.toPrecision(8)).replace("-", "\u2212");
    }
    function decades(a, b, pixels) {
        var ticks = [], low = Math.floor(Math.log10(a)), high = Math.ceil(Math.log10(b));
        if (!(a > 0) || Math.log10(b / a) < 1)
            return Dygraph.numericTicks.apply(null, arguments);
        var every = Math.max(1, Math.ceil((high - low) / Math.max(2, pixels / 45)));
        for (var e = low; e <= high; e++) {
            for (var m = 1; m < 10; m++) {
                var v = m * Math.pow(10, e), named = m === 1 && (e - low) % every === 0;
                if (v >= a * 0.999999 && v <= b * 1.000001 && (m === 1 || high - low < 4))
                    ticks.push(named ? { v: v, label: tick(v) } : { v: v, label: (m === 2 || m === 5) && high - low < 3 ? tick(v) : "" });
            }
        }
        return ticks;
    }
    function axis_options(axis, width) {
        var o = { axisLabelFormatter: tick, valueFormatter: number };
        if (axis.log) {
            o.logscale = true;
            o.ticker = decades;
        }
        if (width)
            o.axisLabelWidth = width;
        return o;
    }
    function styles(chart) {
        var series = {};
        chart.curves.forEach(function (c) {
            var points = c.kind === "points";
            series[c.name] = { color: colour(c), strokeWidth: points ? 0 : 1.6, strokePattern: points ? null : dashes[c.pen % 4], stepPlot: c.kind === "steps",
                drawPoints: points || c.x.length === 1, pointSize: c.x.length > 500 ? 2 : 4, drawPointCallback: mark(c.pen % 4),
                drawHighlightPointCallback: mark(points ? c.pen % 4 : 0) };
        });
        return { series: series, gridLineColor: ink("--grid"), axisLineColor: ink("--dim") };
    }
    function sample(c) {
        var line = c.kind !== "points", d = dashes[c.pen % 4], shape = c.pen % 4;
        var inside = line ? "<line x1='0' y1='5' x2='24' y2='5' stroke='currentColor' stroke-width='2'" + (d ? " stroke-dasharray='" + d.join(" ") + "'" : "") + "/>"
            : shape === 1 ? "<path d='M12 0 L17 10 L7 10 Z' fill='currentColor'/>"
            : shape === 2 ? "<path d='M7 0 L17 10 M7 10 L17 0' stroke='currentColor' stroke-width='2'/>"
            : "<circle cx='12' cy='5' r='4' stroke='currentColor' fill='" + (shape === 0 ? "currentColor" : "none") + "'/>";
        var span = document.createElement("span");
        span.innerHTML = "<svg width='24' height='10' aria-hidden='true'>" + inside + "</svg>";
        span.style.color = colour(c);
        return span;
    }
    function moments(chart) {
        return function (ctx, area, g) {
            ctx.save();
            ctx.strokeStyle = ink("--dim");
            ctx.fillStyle = ink("--dim");
            ctx.font = "11px system-ui, sans-serif";
            ctx.setLineDash([2, 3]);
            chart.moments.forEach(function (m) {
                var x = g.toDomXCoord(m.x);
                if (x < area.x || x > area.x + area.w)
                    return;
                ctx.beginPath(); ctx.moveTo(x, area.y); ctx.lineTo(x, area.y + area.h); ctx.stroke();
                if (chart.moments.length <= 3)
                    ctx.fillText(m.name, x + 4 + ctx.measureText(m.name).width < area.x + area.w ? x + 4 : x - 4 - ctx.measureText(m.name).width, area.y + 12);
            });
            ctx.restore();
        };
    }
    function draw_chart(figure) {
        var chart = JSON.parse(figure.querySelector("script").textContent), tools = figure.querySelector(".tools"), read = figure.querySelector(".read");
        var names = {};
        chart.curves.forEach(function (c) { // a name is a key
            while (names[c.name])
                c.name += " ";
            names[c.name] = 1;
        });
        if (window.Dygraph) {
            figure.classList.add("drawn");
            var bars = chart.curves.some(function (c) { return c.low && c.kind !== "points"; });
            var options = Object.assign({ labels: [chart.x.label].concat(chart.curves.map(function (c) { return c.name; })), xlabel: null, ylabel: null,
                customBars: bars, connectSeparatedPoints: true, legend: "never", labelsKMB: false, xRangePad: 6, yRangePad: 8, fillAlpha: 0.2,
                axes: { x: axis_options(chart.x), y: axis_options(chart.y, 58) }, underlayCallback: moments(chart), titleHeight: 0, xLabelHeight: 20, yLabelWidth: 20,
                highlightCallback: function (e, x, points) {
                    read.textContent = chart.x.label + " " + number(x) + points.filter(function (p) { return !isNaN(p.yval) && p.yval !== null; })
                        .map(function (p) { return ";  " + p.name.trim() + " " + number(p.yval); }).join("");
                },
                unhighlightCallback: function () { read.textContent = ""; } }, styles(chart));
            if (chart.y.range)
                options.valueRange = chart.y.range;
            if (chart.x.log && !chart.x.range) { // dygraphs' own margin would reach below 0
                var xs = [].concat.apply([], chart.curves.map(function (c) { return c.x; })).filter(function (x) { return x > 0; });
                if (xs.length > 0) {
                    var least = xs.reduce(function (a, b) { return Math.min(a, b); }), most = xs.reduce(function (a, b) { return Math.max(a, b); });
                    var by = Math.max(Math.pow(most / least, 0.03), 1.05);
                    chart.x.range = [least / by, most * by];
                }
            }
            if (chart.x.range)
                options.dateWindow = chart.x.range;
            // Labels are text here, and HTML in dygraphs: they are put as text afterwards.
            options.xlabel = options.ylabel = " ";
            var g = new Dygraph(figure.querySelector(".plot"), rows_of(chart, bars), options);
            var label = function () {
                var x = figure.querySelector(".dygraph-xlabel"), y = figure.querySelector(".dygraph-ylabel");
                if (x && x.textContent !== chart.x.label)
                    x.textContent = chart.x.label;
                if (y && y.textContent !== chart.y.label)
                    y.textContent = chart.y.label;
            };
            g.updateOptions({ drawCallback: label });
            label();
            chart.curves.forEach(function (c, i) {
                var b = button(tools, sample(c), function () {
                    var on = b.getAttribute("aria-pressed") !== "true";
                    b.setAttribute("aria-pressed", on);
                    var left = g.visibility().some(function (v, k) { return k === i ? on : v; });
                    if (!left) // without a curve dygraphs has no range for an axis
                        g.updateOptions({ valueRange: g.yAxisRange() });
                    var none = !g.visibility().some(function (v) { return v; });
                    g.setVisibility(i, on);
                    if (on && none)
                        g.updateOptions({ valueRange: chart.y.range || null });
                });
                b.append(c.name);
                b.setAttribute("aria-pressed", true);
                b.title = "hide or show";
                b.curve = c;
            });
            night.addEventListener("change", function () {
                g.updateOptions(styles(chart));
                tools.querySelectorAll("button").forEach(function (b) {
                    if (b.curve)
                        b.firstChild.style.color = colour(b.curve);
                });
            });
            space(tools);
            button(tools, "whole", function () {
                g.updateOptions({ dateWindow: chart.x.range || null, valueRange: chart.y.range || null });
            }).title = "undo the zoom; drag over the plot to zoom";
        }
        button(tools, "CSV", function () { save(chart.id + ".csv", "text/csv", csv(chart)); });
        picture_button(figure, tools);
    }

    // ---- maps ----

    function draw_map(figure) {
        var map = JSON.parse(figure.querySelector("script").textContent), tools = figure.querySelector(".tools"), read = figure.querySelector(".read");
        var bytes = null, img = figure.querySelector("img");
        function value(line, column) {
            bytes = bytes || Uint8Array.from(atob(map.values), function (c) { return c.charCodeAt(0); });
            var i = 2 * (line * map.columns + column), level = bytes[i] + 256 * bytes[i + 1];
            return level === 65535 ? null : map.zero + map.step * level;
        }
        img.addEventListener("pointermove", function (e) {
            var box = img.getBoundingClientRect(), a = map.axes;
            var x = ((e.clientX - box.left) / box.width - a[0]) / (a[2] - a[0]), y = (a[3] - (e.clientY - box.top) / box.height) / (a[3] - a[1]);
            if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) {
                read.textContent = "";
                return;
            }
            var column = Math.floor(x * map.columns), line = Math.floor(y * map.lines);
            read.textContent = map.x_label + " " + number(map.x[column]) + ";  " + map.y_label + " " + number(map.y[line]) + ";  " + map.v_label + " " +
                number(+value(line, column).toPrecision(4));
        });
        img.addEventListener("pointerleave", function () { read.textContent = ""; });
        space(tools);
        button(tools, "CSV", function () {
            var lines = [[quoted(map.y_label + " \\ " + map.x_label)].concat(map.x).join(",")];
            for (var k = 0; k < map.lines; k++) {
                var cells = [map.y[k]];
                for (var i = 0; i < map.columns; i++) {
                    var v = value(k, i);
                    cells.push(v === null ? "" : +v.toPrecision(5));
                }
                lines.push(cells.join(","));
            }
            save(map.id + ".csv", "text/csv", lines.join("\n") + "\n");
        });
        picture_button(figure, tools);
    }

    document.querySelectorAll("figure.chart").forEach(draw_chart);
    document.querySelectorAll("figure.map").forEach(draw_map);
    document.documentElement.dataset.ready = "1";
})();

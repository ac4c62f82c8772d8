// SPDX-License-Identifier: Apache-2.0
// Any bytes as an exposition in both formats: what is read keeps to the limits, has lawful names, and written down
// again means the same.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/exposition/parser.hpp"

namespace {

using namespace sonde::common::exposition;

constexpr limits small{.line = 2048, .labels = 16, .samples = 256};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void append_labels(std::string& out, std::span<const label> labels) {
    out.push_back('{');
    for (const label& each : labels) {
        out.append(each.name).append("=\"");
        for (const char c : each.value) {
            out.append(c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c));
        }
        out.append("\",");
    }
    out.push_back('}');
}

std::string number(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    char text[64];
    return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.17g", value))};
}

std::string written(const sample& of) {
    std::string out(of.name);
    append_labels(out, of.labels);
    out.append(" ").append(number(of.value));
    if (of.example) {
        out.append(" # ");
        append_labels(out, of.example->labels);
        out.append(" ").append(number(of.example->value));
    }
    return out.append("\n");
}

void check(const sample& of) {
    require(!of.name.empty() && of.name.starts_with(of.family) && of.labels.size() <= small.labels);
    require(takes_suffix(of.type, of.suffix()));
    for (std::size_t i = 0; i < of.labels.size(); ++i) {
        require(!of.labels[i].name.empty() && of.labels[i].value.size() <= small.line);
        for (std::size_t k = 0; k < i; ++k) {
            require(of.labels[i].name != of.labels[k].name);
        }
    }
}

void read(std::string_view text, dialect as) {
    parser from(small);
    std::vector<std::string> lines;
    from.begin(text, as);
    for (sample each; from.next(each);) {
        check(each);
        lines.push_back(written(each));
    }
    require(from.count() == lines.size() && lines.size() <= small.samples);
    parser again({.line = 8 * small.line, .labels = small.labels, .samples = 1});
    for (const std::string& line : lines) {
        again.begin(line, dialect::prometheus);
        sample each;
        require(again.next(each) && written(each) == line);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read(text, dialect::prometheus);
    read(text, dialect::open_metrics);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/parser.hpp"

#include <cstring>

#include "common/exposition/line_reader.hpp"
#include "common/exposition/number.hpp"

namespace sonde::common::exposition {
namespace {

// Appends the text of a HELP line, in which only \\ and \n are escapes, and in OpenMetrics \" too.
void append_unescaped(std::string& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
        if (next == '\\' || next == '"' || next == 'n') {
            out.push_back(next == 'n' ? '\n' : next);
            ++i;
        } else {
            out.push_back(text[i]);
        }
    }
}

bool has_twice(const std::vector<label>& labels, std::string_view name) noexcept {
    for (const label& each : labels) {
        if (each.name == name) {
            return true;
        }
    }
    return false;
}

}  // namespace

dialect dialect_of(std::string_view content_type) noexcept {
    const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
    return type == "application/openmetrics-text" ? dialect::open_metrics : dialect::prometheus;
}

void parser::begin(std::string_view text, dialect as) {
    dialect_ = as;
    rest_ = text;
    line_number_ = 0;
    count_ = 0;
    has_ended_ = false;
    family_ = {};
    failure_.reset();
}

bool parser::fail_here(std::string_view problem, errc code) {
    failure_ = error{code, "line " + std::to_string(line_number_) + ": " + std::string(problem), {}};
    rest_ = {};
    return false;
}

bool parser::take_line(std::string_view& line) {
    ++line_number_;
    const void* const end = std::memchr(rest_.data(), '\n', rest_.size());
    const std::size_t size =
        end == nullptr ? rest_.size() : static_cast<std::size_t>(static_cast<const char*>(end) - rest_.data());
    line = rest_.substr(0, size);
    if (size > limits_.line) {
        return fail_here("it is longer than " + std::to_string(limits_.line) + " bytes", errc::exhausted);
    }
    rest_.remove_prefix(end == nullptr ? size : size + 1);
    return true;
}

bool parser::next(sample& into) {
    std::string_view line;
    while (!rest_.empty()) {
        if (!take_line(line)) {
            return false;
        }
        if (has_ended_) {
            return fail_here("something comes after # EOF");
        }
        if (line.empty() || line[0] == '#' || is_blank(line[0])) {
            line_reader from(line);
            from.skip_blanks();
            line = from.rest();
        }
        if (line.empty()) {
            continue;
        }
        if (line[0] != '#') {
            return take_sample(line, into);
        }
        if (!take_comment(line)) {
            return false;
        }
    }
    if (!failure_ && dialect_ == dialect::open_metrics && !has_ended_) {
        return fail_here("# EOF is missing: the answer was cut short");
    }
    return false;
}

bool parser::take_comment(std::string_view line) {
    line_reader from(line.substr(1));
    from.skip_blanks();
    const std::string_view keyword = from.word();
    if (dialect_ == dialect::open_metrics && keyword == "EOF" && from.is_at_end()) {
        has_ended_ = true;
        return true;
    }
    if (keyword != "HELP" && keyword != "TYPE" && keyword != "UNIT") {
        return true;
    }
    from.skip_blanks();
    const std::string_view name = from.name(name_char);
    if (name.empty() || (!from.is_at_end() && !is_blank(from.rest().front()))) {
        return fail_here(std::string(keyword) + " needs the name of a metric");
    }
    if (name != family_.name) {
        family_ = {.name = name, .help = {}, .unit = {}, .type = metric_type::unknown};
    }
    from.skip_blanks();
    if (keyword == "TYPE") {
        family_.type = metric_type_of(from.word());
    } else if (keyword == "UNIT") {
        family_.unit = from.word();
    } else if (from.rest().contains('\\')) {
        help_.clear();
        append_unescaped(help_, from.rest());
        family_.help = help_;
    } else {
        family_.help = from.rest();
    }
    return true;
}

bool parser::take_sample(std::string_view line, sample& into) {
    if (count_ == limits_.samples) {
        return fail_here("there are more than " + std::to_string(limits_.samples) + " samples", errc::exhausted);
    }
    line_reader from(line);
    into.name = from.name(name_char);
    if (into.name.empty()) {
        return fail_here("a line has to begin with the name of a metric or #");
    }
    unescaped_.clear();
    from.skip_blanks();
    labels_.clear();
    if (from.take('{') && !take_labels(from, labels_)) {
        return false;
    }
    into.labels = labels_;
    from.skip_blanks();
    const auto value = parse_value(from.word());
    if (!value) {
        return fail_here("the value is no number");
    }
    into.value = *value;
    into.time.reset();
    into.example.reset();
    from.skip_blanks();
    if (!take_time(from, into.time) || (from.take('#') && !take_exemplar(from, into))) {
        return false;
    }
    if (!from.is_at_end()) {
        return fail_here("something comes after the value and the time");
    }
    describe(into);
    ++count_;
    return true;
}

// After the opening brace.
bool parser::take_labels(line_reader& from, std::vector<label>& into) {
    for (;;) {
        from.skip_blanks();
        if (from.take('}')) {
            return true;
        }
        if (into.size() == limits_.labels) {
            return fail_here("there are more than " + std::to_string(limits_.labels) + " labels", errc::exhausted);
        }
        label found;
        found.name = from.name(label_char);
        if (found.name.empty()) {
            return fail_here("the name of a label or } is expected");
        }
        if (has_twice(into, found.name)) {
            return fail_here("the label " + std::string(found.name) + " is there twice");
        }
        from.skip_blanks();
        if (!from.take('=')) {
            return fail_here("= is expected after the name of a label");
        }
        from.skip_blanks();
        if (!from.take('"')) {
            return fail_here("the value of a label has to be in quotes");
        }
        if (!take_label_value(from, found.value)) {
            return false;
        }
        into.push_back(found);
        from.skip_blanks();
        if (!from.take(',') && !from.rest().starts_with('}')) {
            return fail_here(", or } is expected after a label");
        }
    }
}

// After the opening quote.
bool parser::take_label_value(line_reader& from, std::string_view& into) {
    const std::string_view rest = from.rest();
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '"' && rest[end] != '\\') {
        ++end;
    }
    if (end == rest.size()) {
        return fail_here("the value of a label has no closing quote");
    }
    if (rest[end] == '"') {
        into = rest.substr(0, end);
        from.advance(end + 1);
        return true;
    }
    // Unescaped text is never longer than the line, so nothing moves under the views of earlier labels.
    if (unescaped_.empty()) {
        unescaped_.reserve(limits_.line);
    }
    const std::size_t begin = unescaped_.size();
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            into = std::string_view(unescaped_).substr(begin);
            from.advance(i + 1);
            return true;
        }
        const char next = rest[i] == '\\' && i + 1 < rest.size() ? rest[i + 1] : '\0';
        const bool is_escape = next == '\\' || next == '"' || next == 'n';
        unescaped_.push_back(!is_escape ? rest[i] : next == 'n' ? '\n' : next);
        i += is_escape ? 1 : 0;
    }
    return fail_here("the value of a label has no closing quote");
}

bool parser::take_time(line_reader& from, std::optional<std::int64_t>& into) {
    if (from.is_at_end() || from.rest().front() == '#') {
        return true;
    }
    const std::string_view word = from.word();
    into = dialect_ == dialect::open_metrics ? parse_seconds(word) : parse_milliseconds(word);
    if (!into) {
        return fail_here("the time is no number of " +
                         std::string(dialect_ == dialect::open_metrics ? "seconds" : "milliseconds"));
    }
    from.skip_blanks();
    return true;
}

// After the #.
bool parser::take_exemplar(line_reader& from, sample& into) {
    from.skip_blanks();
    exemplar_labels_.clear();
    if (!from.take('{')) {
        return fail_here("an exemplar begins with its labels");
    }
    if (!take_labels(from, exemplar_labels_)) {
        return false;
    }
    from.skip_blanks();
    const auto value = parse_value(from.word());
    if (!value) {
        return fail_here("the value of the exemplar is no number");
    }
    into.example = exemplar{exemplar_labels_, *value, std::nullopt};
    from.skip_blanks();
    if (from.is_at_end()) {
        return true;
    }
    into.example->time = parse_seconds(from.word());
    if (!into.example->time) {
        return fail_here("the time of the exemplar is no number of seconds");
    }
    from.skip_blanks();
    return true;
}

void parser::describe(sample& into) const noexcept {
    const bool belongs = !family_.name.empty() && into.name.starts_with(family_.name) &&
                         takes_suffix(family_.type, into.name.substr(family_.name.size()));
    into.family = belongs ? into.name.substr(0, family_.name.size()) : into.name;
    into.type = belongs ? family_.type : metric_type::unknown;
    into.help = belongs ? family_.help : std::string_view{};
    into.unit = belongs ? family_.unit : std::string_view{};
}

}  // namespace sonde::common::exposition

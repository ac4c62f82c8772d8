// SPDX-License-Identifier: Apache-2.0
#include "prometheus/answer.hpp"

#include <cmath>

#include "common/exposition/number.hpp"
#include "common/json_fields.hpp"

namespace sonde::prometheus {
namespace {

namespace json = common::json;
using common::exposition::parse_value;

constexpr std::size_t most_annotations = 32;               // warnings, infos; each
constexpr std::size_t longest_annotation = 1024;           // bytes
constexpr std::size_t most_buckets = 4096;                 // of one histogram
constexpr double most_milliseconds = 9'223'372'036'854.0;  // what fits in ns
constexpr std::int64_t ns_per_ms = 1'000'000;

// One pass over an answer's data: the first without a sink, to see that all of it is good.
class walk {
public:
    walk(const answer_bounds& within, answer_sink* to) : within_(&within), to_(to) {}

    bool over(json::element data);
    [[nodiscard]] error problem() const { return {code_, std::string(problem_), {}}; }
    [[nodiscard]] std::size_t samples() const noexcept { return samples_; }
    [[nodiscard]] std::int64_t first_time() const noexcept { return first_time_; }
    [[nodiscard]] bool is_text() const noexcept { return is_text_; }

private:
    bool over_series(json::element result, bool is_matrix);
    bool one_series(json::element series, bool is_matrix);
    bool all_of(json::element series, const char* key, bool is_histogram);
    bool labels(json::element metric);
    bool sample(json::element pair, bool is_histogram);
    bool time(json::element from, std::int64_t& into);
    bool histogram(json::element from);
    bool bucket(json::element from);
    bool refuse(std::string_view why, errc code = errc::invalid) {
        problem_ = why;
        code_ = code;
        return false;
    }

    const answer_bounds* within_;
    answer_sink* to_;
    std::size_t samples_ = 0;
    std::int64_t first_time_ = 0;
    bool is_text_ = false;
    std::vector<label> labels_;
    native_histogram histogram_;
    std::string_view problem_;
    errc code_ = errc::invalid;
};

bool read_number(json::element from, double& into) noexcept {
    std::string_view text;
    if (from.get(text) != simdjson::SUCCESS) {
        return false;
    }
    const auto found = parse_value(text);
    into = found.value_or(0);
    return found.has_value();
}

bool walk::over(json::element data) {
    const std::string_view type = json::text(data, "resultType");
    json::element result;
    if (data["result"].get(result) != simdjson::SUCCESS) {
        return refuse("the answer has no result");
    }
    if (type == "vector" || type == "matrix") {
        return over_series(result, type == "matrix");
    }
    if (type == "scalar") {
        if (to_ != nullptr) {
            to_->on_series({});
        }
        return sample(result, false);
    }
    is_text_ = type == "string";
    return is_text_ || refuse("the type of the answer is unknown");
}

bool walk::over_series(json::element result, bool is_matrix) {
    simdjson::dom::array items;
    if (result.get(items) != simdjson::SUCCESS) {
        return refuse("the result is no list");
    }
    for (const json::element item : items) {
        if (!one_series(item, is_matrix)) {
            return false;
        }
    }
    return true;
}

bool walk::one_series(json::element series, bool is_matrix) {
    json::element metric;
    if (series["metric"].get(metric) != simdjson::SUCCESS || !labels(metric)) {
        return problem_.empty() ? refuse("a series has no labels") : false;
    }
    if (is_matrix) {
        return all_of(series, "values", false) && all_of(series, "histograms", true);
    }
    json::element pair;
    if (series["value"].get(pair) == simdjson::SUCCESS) {
        return sample(pair, false);
    }
    if (series["histogram"].get(pair) == simdjson::SUCCESS) {
        return sample(pair, true);
    }
    return refuse("a series has no value");
}

bool walk::all_of(json::element series, const char* key, bool is_histogram) {
    json::element found;
    if (series[key].get(found) != simdjson::SUCCESS) {
        return true;
    }
    simdjson::dom::array pairs;
    if (found.get(pairs) != simdjson::SUCCESS) {
        return refuse("the values of a series are no list");
    }
    for (const json::element pair : pairs) {
        if (!sample(pair, is_histogram)) {
            return false;
        }
    }
    return true;
}

bool walk::labels(json::element metric) {
    simdjson::dom::object members;
    if (metric.get(members) != simdjson::SUCCESS) {
        return refuse("the labels of a series are no object");
    }
    labels_.clear();
    for (const auto [name, value] : members) {
        label found{name, {}};
        if (value.get(found.value) != simdjson::SUCCESS) {
            return refuse("the value of a label is no text");
        }
        if (labels_.size() == within_->labels) {
            return refuse("a series has more labels than label_limit", errc::exhausted);
        }
        labels_.push_back(found);
    }
    if (to_ != nullptr) {
        to_->on_series(labels_);
    }
    return true;
}

bool walk::sample(json::element pair, bool is_histogram) {
    simdjson::dom::array parts;
    json::element when;
    json::element what;
    if (pair.get(parts) != simdjson::SUCCESS || parts.at(0).get(when) != simdjson::SUCCESS ||
        parts.at(1).get(what) != simdjson::SUCCESS) {
        return refuse("a sample is no pair of time and value");
    }
    std::int64_t at = 0;
    double value = 0;
    if (!time(when, at)) {
        return refuse("the time of a sample is no number of seconds");
    }
    if (is_histogram ? !histogram(what) : !read_number(what, value)) {
        return problem_.empty() ? refuse("the value of a sample is no number") : false;
    }
    if (samples_ == within_->samples) {
        return refuse("the answer has more samples than sample_limit", errc::exhausted);
    }
    first_time_ = samples_++ == 0 ? at : first_time_;
    if (to_ != nullptr) {
        is_histogram ? to_->on_histogram(at, histogram_) : to_->on_value(at, value);
    }
    return true;
}

// Prometheus counts milliseconds; as seconds in a double they are not exact.
bool walk::time(json::element from, std::int64_t& into) {
    double seconds = 0;
    if (from.get(seconds) != simdjson::SUCCESS || !(std::abs(seconds * 1000) < most_milliseconds)) {
        return false;
    }
    into = std::llround(seconds * 1000) * ns_per_ms;
    return true;
}

bool walk::histogram(json::element from) {
    histogram_.buckets.clear();
    json::element count;
    json::element sum;
    if (from["count"].get(count) != simdjson::SUCCESS || !read_number(count, histogram_.count) ||
        from["sum"].get(sum) != simdjson::SUCCESS || !read_number(sum, histogram_.sum)) {
        return refuse("a histogram has no count or sum");
    }
    json::element found;
    if (from["buckets"].get(found) != simdjson::SUCCESS) {
        return true;
    }
    simdjson::dom::array buckets;
    if (found.get(buckets) != simdjson::SUCCESS) {
        return refuse("the buckets of a histogram are no list");
    }
    for (const json::element each : buckets) {
        if (histogram_.buckets.size() == most_buckets) {
            return refuse("a histogram has more than 4096 buckets", errc::exhausted);
        }
        if (!bucket(each)) {
            return refuse("a bucket of a histogram is not rule, bounds and count");
        }
    }
    return true;
}

bool walk::bucket(json::element from) {
    simdjson::dom::array parts;
    std::int64_t rule = 0;
    native_bucket made;
    json::element lower;
    json::element upper;
    json::element count;
    if (from.get(parts) != simdjson::SUCCESS || parts.at(0).get(rule) != simdjson::SUCCESS || rule < 0 || rule > 3 ||
        parts.at(1).get(lower) != simdjson::SUCCESS || !read_number(lower, made.lower) ||
        parts.at(2).get(upper) != simdjson::SUCCESS || !read_number(upper, made.upper) ||
        parts.at(3).get(count) != simdjson::SUCCESS || !read_number(count, made.count)) {
        return false;
    }
    made.includes = static_cast<inclusion>(rule);
    histogram_.buckets.push_back(made);
    return true;
}

std::vector<std::string> annotations(json::element root, std::string_view key) {
    std::vector<std::string> found;
    json::with(root, key, [&](json::element list) {
        json::each_item(list, [&](json::element item) {
            std::string_view text;
            if (found.size() < most_annotations && item.get(text) == simdjson::SUCCESS) {
                found.emplace_back(text.substr(0, longest_annotation));
            }
        });
    });
    return found;
}

simdjson::error_code parse(simdjson::dom::parser& parser, std::string& body, json::element& root) {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    return parser.parse(body.data(), body.size(), false).get(root);
}

std::string words_of(json::element root) {
    std::string words(json::text(root, "errorType"));
    words.append(words.empty() ? "" : ": ").append(json::text(root, "error").substr(0, longest_annotation));
    return words;
}

}  // namespace

result<answer_facts> read_answer(std::string& body, const answer_bounds& within, answer_sink& to) {
    // Made anew each time: answers come seldom, and a large one would leave all its memory behind.
    simdjson::dom::parser parser;
    json::element root;
    if (const auto code = parse(parser, body, root); code != simdjson::SUCCESS) {
        return fail(errc::invalid, std::string("the answer is not valid JSON: ") + simdjson::error_message(code));
    }
    const std::string_view status = json::text(root, "status");
    if (status == "error") {
        return fail(errc::failed, words_of(root));
    }
    json::element data;
    if (status != "success" || root["data"].get(data) != simdjson::SUCCESS) {
        return fail(errc::invalid, "the answer is not one of Prometheus' query API: look at url");
    }
    walk check(within, nullptr);
    if (!check.over(data)) {
        return std::unexpected(check.problem());
    }
    answer_facts facts{check.samples(), check.is_text(), check.first_time(), annotations(root, "warnings"),
                       annotations(root, "infos")};
    to.on_facts(facts);
    walk tell(within, &to);
    static_cast<void>(tell.over(data));  // it was just seen to be good
    return facts;
}

std::string error_text(std::string& body) {
    simdjson::dom::parser parser;
    json::element root;
    return parse(parser, body, root) == simdjson::SUCCESS ? words_of(root) : std::string{};
}

}  // namespace sonde::prometheus

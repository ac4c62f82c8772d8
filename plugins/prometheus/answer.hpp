// SPDX-License-Identifier: Apache-2.0
// Reads answers of Prometheus' query API: vectors, matrices, scalars and texts, with values and native histograms. An
// answer is checked as a whole before anything of it is handed on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "common/exposition/sample.hpp"
#include "prometheus/native_histogram.hpp"
#include "prometheus/options.hpp"

namespace sonde::prometheus {

using common::exposition::label;

struct answer_facts {
    std::size_t samples = 0;
    bool is_text = false;   // of a query that answers with a text: there are no samples
    std::int64_t time = 0;  // of the first sample; 0 if there is none
    std::vector<std::string> warnings;
    std::vector<std::string> infos;
};

// Whoever takes what an answer has. Times are Unix ns; texts hold during the call.
class answer_sink {
public:
    // Comes first.
    virtual void on_facts(const answer_facts& of) = 0;
    // What follows is of this series; its name is the label __name__, if there is one.
    virtual void on_series(std::span<const label> labels) = 0;
    virtual void on_value(std::int64_t time, double value) = 0;
    virtual void on_histogram(std::int64_t time, const native_histogram& value) = 0;

protected:
    ~answer_sink() = default;
};

struct answer_bounds {
    std::size_t samples;
    std::size_t labels;  // of one series
};

// errc::invalid if it is no such answer, errc::exhausted beyond the bounds, errc::failed with the server's own words if
// it says that the query failed; then nothing is handed on. `body` may be moved in memory.
[[nodiscard]] result<answer_facts> read_answer(std::string& body, const answer_bounds& within, answer_sink& to);

// What an answer says went wrong: "bad_data: unknown function"; empty if it does not say.
[[nodiscard]] std::string error_text(std::string& body);

}  // namespace sonde::prometheus

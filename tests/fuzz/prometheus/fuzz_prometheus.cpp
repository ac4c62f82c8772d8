// SPDX-License-Identifier: Apache-2.0
// Any bytes as an answer of Prometheus' query API: what is handed on is what was counted before, within the bounds, and
// nothing is handed on of an answer that is refused.
#include <cstdint>
#include <cstdlib>

#include "prometheus/answer.hpp"

namespace {

using namespace sonde::prometheus;

constexpr answer_bounds bounds{200, 16};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct checker final : answer_sink {
    void on_facts(const answer_facts& of) override {
        require(!has_facts && of.warnings.size() <= 32 && of.infos.size() <= 32);
        has_facts = true;
    }
    void on_series(std::span<const label> labels) override {
        require(has_facts && labels.size() <= bounds.labels);
        has_series = true;
    }
    void on_value(std::int64_t, double) override { count(); }
    void on_histogram(std::int64_t, const native_histogram& value) override {
        require(value.buckets.size() <= 4096);
        count();
    }
    void count() {
        require(has_facts && has_series);
        ++samples;
    }
    bool has_facts = false;
    bool has_series = false;
    std::size_t samples = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string body(reinterpret_cast<const char*>(data), size);
    checker to;
    const auto facts = read_answer(body, bounds, to);
    require(facts.has_value() == to.has_facts);
    require(to.samples == (facts ? facts->samples : 0) && to.samples <= bounds.samples);
    require(facts || !facts.error().text.empty() || facts.error().code == sonde::errc::failed);
    static_cast<void>(error_text(body));
    return 0;
}

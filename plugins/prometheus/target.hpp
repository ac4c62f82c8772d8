// SPDX-License-Identifier: Apache-2.0
// One page with metrics that is looked at again and again, as Prometheus does: what it has is told with the target's
// labels, followed by `up` and its companions; series that are gone are told as stale, once. A page that is not good as
// a whole is refused as a whole. Used by the data thread.
#pragma once

#include <sonde/lane.hpp>

#include "common/exposition/parser.hpp"
#include "prometheus/poller.hpp"
#include "prometheus/series_table.hpp"
#include "prometheus/set_writer.hpp"

namespace sonde::prometheus {

inline constexpr const char* scrape_topic = "raw/prometheus/scrape/";

// UCUM's for the base units of OpenMetrics: "s" for "seconds"; others as an annotation: "{requests}", which is put into
// `scratch`.
[[nodiscard]] std::string_view unit_of(const common::exposition::sample& of, std::string& scratch);
[[nodiscard]] schema::metric_kind kind_of(const common::exposition::sample& of) noexcept;

class target final : public subject {
public:
    target(const target_options& what, const option_values& of, const meters& counted, const stream& to);

    [[nodiscard]] const std::string& name() const noexcept override { return what_->name; }
    [[nodiscard]] std::optional<common::http::request> ask(std::chrono::nanoseconds now) override;
    [[nodiscard]] verdict take(const attempt& of, const common::http::response_head& head, std::string& body) override;
    void miss(const attempt& of, verdict& how, std::string& body) override;

private:
    using sample = common::exposition::sample;

    [[nodiscard]] std::optional<verdict> check(std::string_view page, common::exposition::dialect as);
    void begin_set(const attempt& of);
    void tell(const sample& of);
    void tell_gone();
    void tell_own(const attempt& of, bool is_up, std::size_t samples);
    void write_labels(wire::writer& out, std::span<const label> labels);
    [[nodiscard]] bool has_label(std::string_view name) const noexcept;

    const target_options* what_;
    const option_values* of_;
    const meters* meters_;
    common::exposition::parser parser_;
    series_table series_;
    set_writer out_;
    std::string scratch_;
    std::string renamed_;
    std::string unit_;
};

}  // namespace sonde::prometheus

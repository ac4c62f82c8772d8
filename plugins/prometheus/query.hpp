// SPDX-License-Identifier: Apache-2.0
// One named query: asks for the present, or for every step since the last answer, and tells what comes as sets of
// metrics in the query's name. Used by the data thread.
#pragma once

#include <sonde/lane.hpp>

#include "prometheus/answer.hpp"
#include "prometheus/poller.hpp"
#include "prometheus/set_writer.hpp"

namespace sonde::prometheus {

inline constexpr const char* query_topic = "raw/prometheus/query/";

class query final : public subject, private answer_sink {
public:
    query(const query_options& what, const option_values& of, const meters& counted, const stream& to);

    [[nodiscard]] const std::string& name() const noexcept override { return what_->name; }
    [[nodiscard]] std::optional<common::http::request> ask(std::chrono::nanoseconds now) override;
    [[nodiscard]] verdict take(const attempt& of, const common::http::response_head& head, std::string& body) override;
    void miss(const attempt& of, verdict& how, std::string& body) override;

private:
    void on_facts(const answer_facts& of) override;
    void on_series(std::span<const label> labels) override;
    void on_value(std::int64_t time, double value) override;
    void on_histogram(std::int64_t time, const native_histogram& value) override;

    void settle_range();
    [[nodiscard]] bool add_range(std::string& form, std::chrono::nanoseconds now);
    void write_head(wire::writer& out, std::int64_t time) const;

    const query_options* what_;
    const option_values* of_;
    const meters* meters_;
    set_writer out_;
    std::string text_;                  // of the query, escaped
    std::chrono::nanoseconds reach_{};  // how far back a range goes; less than configured while that is too much
    std::chrono::nanoseconds asked_from_{};
    std::chrono::nanoseconds asked_until_{};
    std::chrono::nanoseconds told_until_{};  // Unix time of the last step that was answered
    std::chrono::nanoseconds received_{};
    std::int64_t set_time_ = 0;
    answer_facts facts_;
    std::string_view metric_name_;
    std::vector<label> labels_;
};

}  // namespace sonde::prometheus

// SPDX-License-Identifier: Apache-2.0
#include "vault/metrics_source.hpp"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::chrono::nanoseconds first_denied_pause = 2s;
constexpr std::chrono::nanoseconds longest_denied_pause = 60s;  // each refusal is an entry in Vault's audit logs
constexpr common::exposition::limits page_limits{.line = 64U << 10, .labels = 64, .samples = 200'000};

}  // namespace

metrics_source::metrics_source(const host& on, const api& server, common::http::carrier& by, const meters& counted,
                               publisher& out, token_keeper& token, std::uint32_t seed)
    : host_(on), api_(&server), meters_(&counted), out_(&out), token_(&token),
      looks_at_(server.options().has_metrics ? on.monotonic() : never),
      pause_(server.options().retry_first, server.options().retry_limit, seed),
      denied_pause_(first_denied_pause, longest_denied_pause, seed + 1), parser_(page_limits),
      page_("vault", [this](std::span<const std::uint8_t> fields) { out_->metrics(fields); }), fetch_(by) {
    state_.health = server.options().has_metrics ? common::part_health::starting : common::part_health::off;
}

void metrics_source::turn(bool is_served) {
    is_waiting_ = false;
    const bool is_due = host_.monotonic() >= looks_at_ || (is_denied_ && token_->version() != denied_version_);
    if (fetch_.is_running() || !is_due) {
        return;
    }
    // Whatever changes this also wakes the collector: an answer, another token, a subscriber.
    is_waiting_ = !is_served || !token_->is_ready() || !out_->has_reader_of_metrics();
    if (is_waiting_) {
        return;
    }
    looks_at_ = never;
    is_denied_ = false;
    fetch_.start(api_->get("sys/metrics?format=prometheus", token_->token()),
                 [this](common::http::answer& got) { take(got); });
}

void metrics_source::take(common::http::answer& got) {
    const auto now = host_.monotonic();
    meters_->count_request("metrics", got.result());
    if (got.is_ok()) {
        const bool is_read = read(got);
        out_->flush();
        pause_.reset();
        denied_pause_.reset();
        looks_at_ = now + api_->options().metrics_interval;
        if (is_read) {
            state_ = {common::part_health::working, "", "metrics are read"};
        }
        return;
    }
    meters_->metric_failures.add();
    state_ = api_->trouble(got, "reading metrics");
    looks_at_ = now + pause_.next();
    if (got.is_whole() && got.head.status == 403) {
        state_ = {common::part_health::missing, "metrics_denied",
                  "the server refuses its metrics: give a token whose policies allow 'read' on sys/metrics, set "
                  "unauthenticated_metrics_access in the server's listener, or switch `metrics` off"};
        is_denied_ = true;
        denied_version_ = token_->version();
        token_->doubt();
        looks_at_ = now + denied_pause_.next();
    } else if (got.is_whole() && got.head.status == 400) {
        state_ = {common::part_health::missing, "metrics_off",
                  "the server has no metrics in this form: set prometheus_retention_time in its telemetry"};
        looks_at_ = now + denied_pause_.next();
    }
}

bool metrics_source::read(const common::http::answer& got) {
    parser_.begin(got.body, common::exposition::dialect_of(got.head.field("Content-Type")));
    common::exposition::sample each;
    while (parser_.next(each)) {
        page_.add(each);
    }
    page_.finish();
    meters_->metric_samples.add(parser_.count());
    if (!parser_.failure()) {
        return true;
    }
    meters_->metric_failures.add();
    // What the page has there may be anything: the place is told, not the text.
    state_ = {common::part_health::limping, "metrics_malformed",
              "the metrics cannot be read to their end; " + std::to_string(parser_.count()) + " samples could"};
    return false;
}

}  // namespace sonde::vault

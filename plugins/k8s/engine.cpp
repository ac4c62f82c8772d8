// SPDX-License-Identifier: Apache-2.0
#include "k8s/engine.hpp"

#include <algorithm>

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr auto gauge_interval = 1s;
constexpr auto answer_limit = 30s;  // of discovery
constexpr std::size_t answer_size = 4U << 20;

}  // namespace

engine::engine(const host& on, const option_values& values, const api_access& server, meters& meter, publisher& out,
               http::carrier& carrier, std::uint32_t seed)
    : host_(on), values_(&values), server_(&server), meter_(&meter), out_(&out), carrier_(&carrier), random_(seed),
      limiter_(values.requests_per_second, values.request_burst), reader_(values.kept), token_(server.token_file),
      owners_([this](std::string_view kind) { return is_watched(kind); }), events_(on),
      due_(on.monotonic() + between(random_, 0ns, values.start_jitter)),
      backoff_(values.retry_first, values.retry_limit, static_cast<std::uint32_t>(random_())), fetch_(carrier) {}

void engine::turn() {
    if (step_ != step::watching && !fetch_.is_running() && host_.monotonic() >= due_ &&
        limiter_.take(host_.monotonic())) {
        if (step_ == step::discovery) {
            ask("/apis", &engine::take_groups);
        } else {
            ask("/api/v1/namespaces/kube-system", &engine::take_cluster);
        }
    }
    begin_next();
    for (watched& each : watches_) {
        each.mirror->tick();
    }
    amend();
    snapshot_step();
    keep_gauges();
    out_->flush();
}

void engine::ask(const char* path, void (engine::*then)(common::http::answer&)) {
    auto request = make_request(path);
    if (!request) {
        trouble_ = problem{"no_token", request.error().message()};
        due_ = host_.monotonic() + backoff_.next();
        return;
    }
    request->limit = answer_limit;
    request->body_limit = answer_size;
    fetch_.start(std::move(*request), [this, then](common::http::answer& answer) { (this->*then)(answer); });
}

void engine::take_groups(common::http::answer& answer) {
    meter_->count_request("get", "apis", answer.result());
    const bool is_refused = answer.head.status == 403 || answer.head.status == 404;
    if (!answer.is_ok() && !is_refused) {
        if (answer.head.status == 401) {
            token_.distrust();
        }
        const std::string reason = answer.head.status == 401 ? "unauthorized"
                                   : answer.head.status != 0 ? "server_error"
                                   : answer.how.text.empty()
                                       ? "no_server"
                                       : "no_server_" + std::string(common::http::name(answer.how.why));
        trouble_ =
            problem{reason, server_->server + ": " +
                                (answer.head.status != 0 ? "the server answered " + std::to_string(answer.head.status) +
                                                               " " + read_status(answer.body).message
                                                         : answer.how.text)};
        due_ = host_.monotonic() + backoff_.next();
        return;
    }
    trouble_.reset();
    backoff_.reset();
    // Whoever may not look at the groups finds out by trying.
    add_watches(is_refused ? std::set<std::string, std::less<>>{} : read_groups(answer.body));
    const bool learns_cluster = std::ranges::find(values_->kinds, kind_id::namespaces) != values_->kinds.end();
    step_ = learns_cluster ? step::watching : step::cluster;
}

void engine::take_cluster(common::http::answer& answer) {
    meter_->count_request("get", "namespaces", answer.result());
    if (answer.is_ok()) {
        answer.body.append(document_reader::padding, '\0');
        const auto object =
            reader_.read_object(std::string_view(answer.body).substr(0, answer.body.size() - document_reader::padding),
                                info_of(kind_id::namespaces));
        if (object) {
            owners_.set_cluster((*object)->uid);
        }
    }
    step_ = step::watching;
}

// One first list at a time, owners before what they own.
void engine::begin_next() {
    while (step_ == step::watching && begun_ < watches_.size() &&
           (begun_ == 0 || watches_[begun_ - 1].mirror->has_settled())) {
        watches_[begun_++].mirror->begin(host_.monotonic());
    }
}

void engine::request_snapshot() { snapshot_at_ = 0; }

void engine::snapshot_step() {
    if (snapshot_due_ && host_.monotonic() >= *snapshot_due_) {
        snapshot_due_.reset();
        request_snapshot();
    }
    if (snapshot_at_ < watches_.size()) {
        watches_[snapshot_at_++].objects->tell_all(change_origin::snapshot);
    }
}

std::chrono::nanoseconds engine::wait() const {
    const auto now = host_.monotonic();
    if (snapshot_at_ < watches_.size() || !to_amend_.empty()) {
        return 0ns;
    }
    auto next = std::min(gauges_due_, creators_due_);
    if (step_ != step::watching && !fetch_.is_running()) {
        next = std::min(next, std::max(due_, limiter_.ready_at()));
    }
    for (const watched& each : watches_) {
        if (const auto due = each.mirror->next_due()) {
            next = std::min(next, *due);
        }
    }
    const bool may_begin = step_ == step::watching && begun_ < watches_.size() &&
                           (begun_ == 0 || watches_[begun_ - 1].mirror->has_settled());
    return may_begin ? 0ns : std::max(next - now, 0ns);
}

void engine::keep_gauges() {
    const auto now = host_.monotonic();
    if (now < gauges_due_) {
        return;
    }
    gauges_due_ = now + gauge_interval;
    struct sums {
        std::size_t objects = 0;
        std::size_t bytes = 0;
        std::chrono::nanoseconds age{};
    };
    std::array<std::optional<sums>, kind_count> kinds;
    for (const watched& each : watches_) {
        auto& sum = kinds[static_cast<std::size_t>(each.mirror->settings().kind)];
        sum = sum.value_or(sums{});
        sum->objects += each.objects->store().size();
        sum->bytes += each.objects->store().bytes();
        sum->age = std::max(sum->age, each.mirror->watch_age());
    }
    for (const kind_info& kind : all_kinds()) {
        if (const auto& sum = kinds[static_cast<std::size_t>(kind.id)]) {
            meter_->set_objects(kind.resource, sum->objects, sum->bytes);
            meter_->set_watch_age(kind.resource, sum->age);
        }
    }
}

bool engine::is_synced() const noexcept {
    return !watches_.empty() &&
           std::ranges::all_of(watches_, [](const watched& each) { return each.objects->is_synced(); });
}

bool engine::is_watched(std::string_view kind) const {
    return std::ranges::any_of(watches_, [&](const watched& each) {
        return each.objects->kind().kind == kind && (each.objects->is_synced() || !each.mirror->status().trouble);
    });
}

}  // namespace sonde::k8s

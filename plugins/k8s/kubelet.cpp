// SPDX-License-Identifier: Apache-2.0
#include "k8s/kubelet.hpp"

#include <algorithm>
#include <filesystem>

#include "k8s/schema.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t answer_size = 64U << 20;
constexpr auto answer_limit = 20s;

std::string token_path(const option_values& values) {
    return values.access.token_file.empty() ? values.access.service_account + "/token" : values.access.token_file;
}

common::http::client_settings client_of(const option_values& values) {
    common::http::client_settings made;
    made.tls.verifies_peer = values.kubelet.verifies;
    made.tls.ca_file = values.kubelet.ca_file;
    const std::string cluster_ca = values.access.service_account + "/ca.crt";
    std::error_code ignored;
    if (made.tls.ca_file.empty() && std::filesystem::exists(cluster_ca, ignored)) {
        made.tls.ca_file = cluster_ca;
    }
    return made;
}

void put(wire::writer& out, std::uint32_t field, const std::optional<std::uint64_t>& value) {
    if (value) {
        out.uint(field, *value);
    }
}

}  // namespace

kubelet::kubelet(const host& on, const option_values& values, meters& meter)
    : host_(on), values_(&values.kubelet), meter_(&meter), token_(token_path(values)),
      book_([this](const condition_event& event) { publish_event(event); }),
      pods_{"/pods", "pods", values.kubelet.pods_interval, on.monotonic()},
      summary_{"/stats/summary", "stats", values.kubelet.stats_interval, on.monotonic()} {}

result<std::unique_ptr<kubelet>> kubelet::make(const host& on, const option_values& values, meters& meter) {
    std::unique_ptr<kubelet> made(new kubelet(on, values, meter));
    if (!values.kubelet.is_on) {
        return made;
    }
    auto client = common::http::client::make(client_of(values));
    auto opened = open_stream(on, kubelet_topic);
    if (!client || !opened) {
        return std::unexpected(!client ? client.error() : opened.error());
    }
    made->client_.emplace(std::move(*client));
    made->out_ = *opened;
    made->fetch_.emplace(*made->client_);
    return made;
}

std::chrono::nanoseconds kubelet::wait() const {
    if (!client_) {
        return -1ns;
    }
    const auto http = client_->wait();
    if (fetch_->is_running()) {
        return http;
    }
    const auto own = std::max(std::min(pods_.due, summary_.due) - host_.monotonic(), 0ns);
    return http < 0ns ? own : std::min(http, own);
}

void kubelet::turn() {
    if (!client_) {
        return;
    }
    client_->drive();
    // Pods first: their limits are what statistics are compared with.
    for (look* each : {&pods_, &summary_}) {
        if (!fetch_->is_running() && host_.monotonic() >= each->due) {
            each->due = host_.monotonic() + each->interval;
            ask(*each);
        }
    }
}

void kubelet::request_snapshot() {
    if (client_) {
        book_.tell_all();
        out_.flush();
    }
}

void kubelet::ask(look& at) {
    common::http::request made;
    made.url = values_->url + at.path;
    made.limit = answer_limit;
    made.body_limit = answer_size;
    auto token = token_.current();
    if (!token) {
        trouble_ = problem{"kubelet_no_token", token.error().message()};
        return;
    }
    made.bearer_token = std::move(*token);
    fetch_->start(std::move(made), [this, &at](common::http::answer& answer) { take(at, answer); });
}

void kubelet::take(const look& at, common::http::answer& answer) {
    meter_->count_request("kubelet", at.name, answer.result());
    if (!answer.is_ok()) {
        if (answer.head.status == 401) {
            token_.distrust();
        }
        const std::string why = answer.head.status == 401
                                    ? "401: it does not accept the service account; set its authentication.webhook"
                                : answer.head.status == 403 ? "403: grant get on nodes/stats and nodes/proxy"
                                : answer.head.status != 0   ? std::to_string(answer.head.status)
                                                            : answer.how.text;
        trouble_ = problem{"kubelet_unreachable", "the kubelet at " + values_->url + at.path + ": " + why};
        return;
    }
    meter_->count_bytes(at.name, answer.body.size());
    result<void> read;
    if (&at == &pods_) {
        const auto pods = read_pods(answer.body);
        read = pods ? result<void>{} : std::unexpected(pods.error());
        if (pods) {
            book_.take_pods(*pods);
        }
    } else {
        const auto summary = read_summary(answer.body);
        read = summary ? result<void>{} : std::unexpected(summary.error());
        if (summary) {
            publish_usage(summary->node);
            std::ranges::for_each(summary->pods, [this](const kubelet_usage& each) { publish_usage(each); });
            book_.take_summary(*summary);
        }
    }
    trouble_ = read ? std::nullopt : std::optional(problem{"kubelet_malformed", read.error().message()});
    out_.flush();
}

void kubelet::publish_usage(const kubelet_usage& of) const {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(), clock_quality::collector).pod(of.pod_uid, of.pod, of.in_namespace);
        envelope.data(schema::kubelet_stats_type, schema::revision, [&](wire::writer& out) {
            out.text_if(schema::stats::in_namespace, of.in_namespace);
            out.text_if(schema::stats::pod_name, of.pod);
            out.text_if(schema::stats::pod_uid, of.pod_uid);
            out.text_if(schema::stats::container, of.container);
            put(out, schema::stats::cpu_usage_nano_cores, of.cpu_nano_cores);
            put(out, schema::stats::cpu_usage_core_nano_seconds, of.cpu_core_nano_seconds);
            put(out, schema::stats::memory_usage, of.memory_usage);
            put(out, schema::stats::memory_working_set, of.memory_working_set);
            put(out, schema::stats::memory_rss, of.memory_rss);
            put(out, schema::stats::memory_available, of.memory_available);
            put(out, schema::stats::ephemeral_storage_used, of.storage_used);
            put(out, schema::stats::ephemeral_storage_capacity, of.storage_capacity);
            put(out, schema::stats::network_received, of.network_received);
            put(out, schema::stats::network_transmitted, of.network_transmitted);
        });
    };
    // Whatever is refused has been counted by the lane.
    static_cast<void>(out_.publish(fill));
}

void kubelet::publish_event(const condition_event& event) const {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(), clock_quality::collector).pod(event.pod_uid, event.pod, event.in_namespace);
        envelope.container(event.container_id);
        envelope.data(schema::kubelet_event_type, schema::revision, [&](wire::writer& out) {
            out.uint(schema::condition::condition, static_cast<std::uint64_t>(event.what));
            out.uint_if(schema::condition::ended, event.has_ended ? 1 : 0);
            out.text_if(schema::condition::in_namespace, event.in_namespace);
            out.text_if(schema::condition::pod_name, event.pod);
            out.text_if(schema::condition::pod_uid, event.pod_uid);
            out.text_if(schema::condition::container, event.container);
            out.text_if(schema::condition::container_id, event.container_id);
            out.text_if(schema::condition::reason, event.reason);
            out.text_if(schema::condition::message, event.message);
            out.uint_if(schema::condition::restart_count, event.restarts);
            // int32: negative numbers are sign-extended to 64 bits.
            out.uint_if(schema::condition::exit_code, static_cast<std::uint64_t>(std::int64_t{event.exit_code}));
            out.uint_if(schema::condition::value, event.value);
            out.uint_if(schema::condition::limit, event.limit);
        });
    };
    static_cast<void>(out_.publish(fill));
}

}  // namespace sonde::k8s

// SPDX-License-Identifier: Apache-2.0
// A request of one signal: what is added goes to those of the same resource and the same scope.
#pragma once

#include <map>
#include <string>

#include <google/protobuf/arena.h>

#include "otlp/log_writer.hpp"

namespace sonde::schema::otlp {

// What differs between the signals.
struct logs_signal {
    using request = pb::ExportLogsServiceRequest;
    using scope_group = pb::ScopeLogs;
    static constexpr std::string_view opening = R"({"resourceLogs":[)";
    static auto* add_resource(request& to) { return to.add_resource_logs(); }
    static auto* add_scope(pb::ResourceLogs& to) { return to.add_scope_logs(); }
    static const auto& groups(const request& of) { return of.resource_logs(); }
};
struct metrics_signal {
    using request = pb::ExportMetricsServiceRequest;
    using scope_group = pb::ScopeMetrics;
    static constexpr std::string_view opening = R"({"resourceMetrics":[)";
    static auto* add_resource(request& to) { return to.add_resource_metrics(); }
    static auto* add_scope(pb::ResourceMetrics& to) { return to.add_scope_metrics(); }
    static const auto& groups(const request& of) { return of.resource_metrics(); }
};
struct traces_signal {
    using request = pb::ExportTraceServiceRequest;
    using scope_group = pb::ScopeSpans;
    static constexpr std::string_view opening = R"({"resourceSpans":[)";
    static auto* add_resource(request& to) { return to.add_resource_spans(); }
    static auto* add_scope(pb::ResourceSpans& to) { return to.add_scope_spans(); }
    static const auto& groups(const request& of) { return of.resource_spans(); }
};

template <class Signal>
class grouped final {
public:
    // Starts anew; what there was is gone with the arena that held it.
    void reset(google::protobuf::Arena& arena) {
        resources_.clear();
        scopes_.clear();
        request_ = google::protobuf::Arena::CreateMessage<typename Signal::request>(&arena);
    }

    [[nodiscard]] typename Signal::scope_group& at(const origin& from) {
        key_.clear();
        from.resource.AppendToString(&key_);
        const auto [in, is_new] = resources_.try_emplace(key_, nullptr);
        if (is_new) {
            in->second = Signal::add_resource(*request_);
            *in->second->mutable_resource() = from.resource;
        }
        // Their encodings side by side, and how long the first is, name the two.
        const std::size_t size_of_resource = key_.size();
        from.scope.AppendToString(&key_);
        append_integer(size_of_resource, key_);
        const auto [found, is_new_scope] = scopes_.try_emplace(key_, nullptr);
        if (is_new_scope) {
            found->second = Signal::add_scope(*in->second);
            *found->second->mutable_scope() = from.scope;
        }
        return *found->second;
    }

    [[nodiscard]] const typename Signal::request& request() const noexcept { return *request_; }

private:
    using resource_group =
        std::remove_pointer_t<decltype(Signal::add_resource(std::declval<typename Signal::request&>()))>;

    typename Signal::request* request_ = nullptr;
    std::string key_;
    std::map<std::string, resource_group*> resources_;
    std::map<std::string, typename Signal::scope_group*> scopes_;
};

}  // namespace sonde::schema::otlp

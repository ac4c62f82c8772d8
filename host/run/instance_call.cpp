// SPDX-License-Identifier: Apache-2.0
// Endpoint calls into an instance: they run on API threads, beside control and data, and end before stop begins.
#include <fmt/format.h>

#include "run/guard.hpp"
#include "run/instance.hpp"

namespace sonde::run {

namespace {

struct answer_buffer {
    std::string body;
    std::uint64_t limit;
};

sonde_rc append(void* context, const void* data, std::uint64_t size) {
    auto& into = *static_cast<answer_buffer*>(context);
    if (size > into.limit - into.body.size()) {
        return SONDE_EXHAUSTED;
    }
    into.body.append(static_cast<const char*>(data), size);
    return SONDE_OK;
}

const sonde_endpoint& endpoint_at(const sonde_plugin_endpoints& table, std::uint32_t index) {
    const auto* first = reinterpret_cast<const unsigned char*>(table.endpoints);
    return *reinterpret_cast<const sonde_endpoint*>(first + std::size_t{index} * table.endpoint_size);
}

}  // namespace

void instance::read_endpoints() {
    endpoints_ = static_cast<const sonde_plugin_endpoints*>(ops_->get_extension(self_, SONDE_PLUGIN_ENDPOINTS));
    const auto keep = [this](const char* text) { return endpoint_texts_.emplace_back(text).c_str(); };
    for (std::uint32_t i = 0; endpoints_ != nullptr && i < endpoints_->count; ++i) {
        const sonde_endpoint& each = endpoint_at(*endpoints_, i);
        endpoint_list_.push_back({keep(each.name), keep(each.method), keep(each.content_type), keep(each.summary)});
    }
}

std::vector<sonde_endpoint> instance::endpoints() const {
    const std::lock_guard lock(mutex_);
    return calls_open_ ? endpoint_list_ : std::vector<sonde_endpoint>();
}

result<endpoint_answer> instance::call(const endpoint_call& request) {
    {
        const std::lock_guard lock(mutex_);
        if (!calls_open_) {
            return fail(errc::stopped, fmt::format("instance '{}' is not running", settings_.name));
        }
        ++calls_;
    }
    struct leave {
        instance& of;
        ~leave() {
            const std::lock_guard lock(of.mutex_);
            --of.calls_;
            of.changed_.notify_all();
        }
    } const on_return{*this};

    for (std::uint32_t i = 0; i < endpoint_list_.size(); ++i) {
        const sonde_endpoint& candidate = endpoint_list_[i];
        if (request.name != candidate.name || request.method != candidate.method) {
            continue;
        }
        std::vector<sonde_str> parameters;
        for (const auto& [key, value] : request.parameters) {
            parameters.push_back(borrow(key));
            parameters.push_back(borrow(value));
        }
        answer_buffer buffer{{}, request.answer_limit};
        const sonde_request from{sizeof from, static_cast<std::uint32_t>(parameters.size()), parameters.data(),
                                 borrow(request.body)};
        const sonde_response to{sizeof to, 0, &buffer, &append};
        auto handled = guarded("answering /" + std::string(request.name),
                               [&](auto* e) { return endpoints_->handle(self_, i, &from, &to, e); });
        if (!handled) {
            return std::unexpected(std::move(handled.error()));
        }
        return endpoint_answer{candidate.content_type, std::move(buffer.body)};
    }
    return fail(errc::unsupported,
                fmt::format("instance '{}' has no endpoint {} '{}'", settings_.name, request.method, request.name));
}

}  // namespace sonde::run

// SPDX-License-Identifier: Apache-2.0
// Drives one instance the way a host does, through the ABI tables: create, configure, start, run or consume, stop,
// destroy. Use `component_table<T>::table` for a class, or a table obtained from a loaded plugin.
//   fake_host host;
//   collector_driver driver(host, component_table<my_collector>::table);
//   ASSERT_TRUE(driver.launch({{"interval", "10ms"}}));
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sonde/abi/ext/endpoints.h>
#include <sonde/component.hpp>
#include <sonde/testing/batch_builder.hpp>
#include <sonde/testing/config.hpp>
#include <sonde/testing/fake_host.hpp>
#include <sonde/testing/run_control.hpp>

namespace sonde::testing {

// The calls that all roles share. Every refusal comes back as the error the plugin wrote.
class instance_driver {
public:
    instance_driver(fake_host& host, const sonde_component& component) : host_(&host), component_(&component) {}
    instance_driver(const instance_driver&) = delete;
    instance_driver& operator=(const instance_driver&) = delete;

    [[nodiscard]] result<void> create() {
        return called([&](sonde_error* problem) { return component_->create(host_->abi(), &self_, problem); });
    }
    [[nodiscard]] result<void> configure(const option_texts& texts = {}) {
        auto values = config::from(*component_, texts);
        if (!values) {
            return std::unexpected(values.error());
        }
        return called([&](sonde_error* problem) { return ops().configure(self_, &values->abi(), problem); });
    }
    [[nodiscard]] result<void> start() {
        return called([&](sonde_error* problem) { return ops().start(self_, problem); });
    }

    // Asks one of the instance's HTTP endpoints; the body of the answer.
    [[nodiscard]] result<std::string> ask(std::string_view endpoint, const option_texts& parameters = {},
                                          std::string_view body = {}) {
        const auto* table =
            static_cast<const sonde_plugin_endpoints*>(ops().get_extension(self_, SONDE_PLUGIN_ENDPOINTS));
        for (std::uint32_t i = 0; table != nullptr && i < table->count; ++i) {
            if (endpoint != table->endpoints[i].name) {
                continue;
            }
            std::vector<sonde_str> strings;
            for (const auto& [name, value] : parameters) {
                strings.push_back(borrow(name));
                strings.push_back(borrow(value));
            }
            const sonde_request request{sizeof(sonde_request), static_cast<std::uint32_t>(strings.size()),
                                        strings.data(), borrow(body)};
            std::string text;
            const sonde_response response{sizeof(sonde_response), 0, &text, &append};
            const auto done =
                called([&](sonde_error* problem) { return table->handle(self_, i, &request, &response, problem); });
            return done ? result<std::string>(std::move(text)) : std::unexpected(done.error());
        }
        return fail(errc::unsupported, "no such endpoint", std::string(endpoint));
    }

protected:
    ~instance_driver() = default;

    [[nodiscard]] const sonde_ops& ops() const noexcept { return *component_->ops; }
    [[nodiscard]] void* self() const noexcept { return self_; }

    // create, configure and start.
    [[nodiscard]] result<void> prepare(const option_texts& texts) {
        if (auto created = create(); !created) {
            return created;
        }
        if (auto configured = configure(texts); !configured) {
            return configured;
        }
        return start();
    }
    [[nodiscard]] result<void> stop_instance(std::chrono::nanoseconds grace) {
        const std::int64_t deadline = (host_->clock.monotonic() + grace).count();
        return called([&](sonde_error* problem) { return ops().stop(self_, deadline, problem); });
    }
    void destroy_instance() noexcept {
        if (self_ != nullptr) {
            ops().destroy(std::exchange(self_, nullptr));
        }
    }

    template <class Call>
    [[nodiscard]] static result<void> called(Call&& call) {
        sonde_error problem = blank_error();
        const sonde_rc rc = call(&problem);
        return rc == SONDE_OK ? result<void>{} : std::unexpected(load(rc, problem));
    }

private:
    static sonde_rc append(void* context, const void* data, std::uint64_t size) noexcept {
        static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
        return SONDE_OK;
    }

    fake_host* host_;
    const sonde_component* component_;
    void* self_ = nullptr;
};

// A collector with its data thread.
class collector_driver final : public instance_driver {
public:
    using instance_driver::instance_driver;
    ~collector_driver() {
        if (self() != nullptr) {
            static_cast<void>(stop());
            destroy();
        }
    }

    run_control control;

    // Starts the data thread.
    void run() {
        control.deliver_to([this](const sonde_batch& batch) {
            return called([&](sonde_error* problem) { return ops().consume(self(), &batch, problem); }).has_value();
        });
        thread_ = std::thread([this] {
            outcome_ = called([&](sonde_error* problem) { return ops().run(self(), &control.abi(), problem); });
        });
    }
    // create, configure and start, then the data thread.
    [[nodiscard]] result<void> launch(const option_texts& texts = {}) {
        if (auto ready = prepare(texts); !ready) {
            return ready;
        }
        run();
        return {};
    }
    // What `run` returned; waits for the data thread to end by itself.
    [[nodiscard]] result<void> join() {
        if (thread_.joinable()) {
            thread_.join();
        }
        return outcome_;
    }
    // Requests the stop, waits for the data thread, then calls stop. The first failure of the two.
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds grace = std::chrono::seconds(2)) {
        control.request_stop();
        const result<void> ran = join();
        const result<void> stopped = stop_instance(grace);
        return ran ? stopped : ran;
    }
    void destroy() noexcept { destroy_instance(); }

    // One batch for a collector that subscribes; false if it was not taken within ten seconds.
    [[nodiscard]] bool feed(built_batch batch) {
        control.feed(std::move(batch));
        return control.wait_until_consumed(std::chrono::seconds(10));
    }

private:
    std::thread thread_;
    result<void> outcome_;
};

// An enricher or encoder; the calling thread is its data thread.
class consumer_driver final : public instance_driver {
public:
    using instance_driver::instance_driver;
    ~consumer_driver() {
        if (self() != nullptr) {
            static_cast<void>(stop());
            destroy();
        }
    }

    [[nodiscard]] result<void> launch(const option_texts& texts = {}) { return prepare(texts); }
    [[nodiscard]] result<void> feed(const built_batch& batch) {
        const sonde_batch given = batch.abi();
        return called([&](sonde_error* problem) { return ops().consume(self(), &given, problem); });
    }
    // Tells it that the queue ran empty; the time of the next wanted call, or zero.
    std::chrono::nanoseconds idle(std::chrono::nanoseconds now) {
        return std::chrono::nanoseconds(ops().idle == nullptr ? 0 : ops().idle(self(), now.count()));
    }
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds grace = std::chrono::seconds(2)) {
        return stop_instance(grace);
    }
    void destroy() noexcept { destroy_instance(); }
};

}  // namespace sonde::testing

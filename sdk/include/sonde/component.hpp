// SPDX-License-Identifier: Apache-2.0
// What a C++ component looks like: a class with a static `info`, an optional static `options` table, and a few members.
// The concepts below say it in code; component_table<T> turns such a class into the ABI's static tables.
#pragma once

#include <array>
#include <concepts>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>

#include <sonde/abi/component.h>
#include <sonde/batch.hpp>
#include <sonde/endpoints.hpp>
#include <sonde/host.hpp>
#include <sonde/lane.hpp>
#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/role.hpp>
#include <sonde/run.hpp>
#include <sonde/settings.hpp>

namespace sonde {

struct component_info {
    sonde::role role;
    const char* type;     // lower_snake_case
    const char* summary;  // one line
    const char* description = "";
    const char* stability = "stable";
    std::array<const char*, 17> publishes{};  // at most 16 topics; the rest stays null
    std::array<const char*, 9> subscribes{};  // at most 8 likewise; a collector with any has `consume` too
    std::uint32_t flags = 0;                  // SONDE_COMPONENT_*
};

template <class T>
concept component = std::constructible_from<T, host> && requires(T self, const settings& values) {
    { T::info } -> std::convertible_to<component_info>;
    { self.configure(values) } -> std::same_as<result<void>>;
};

// Takes batches: result<void> consume(const batch_view&).
template <class T>
concept takes_batches = requires(T self, const batch_view& batch) {
    { self.consume(batch) } -> std::same_as<result<void>>;
};

// A collector runs until told to stop: result<void> run(run_context&). One that subscribes gets its batches in
// `consume`, inside run_context::deliver.
template <class T>
concept collector = component<T> && (T::info.role == role::collector) && requires(T self, run_context& until) {
    { self.run(until) } -> std::same_as<result<void>>;
} && (T::info.subscribes.front() == nullptr || takes_batches<T>);

// Enrichers and encoders.
template <class T>
concept consumer = component<T> && (T::info.role != role::collector) && takes_batches<T>;

namespace detail {

// Runs `body`, which returns result<void>, and lets nothing escape into the host.
template <class Body>
sonde_rc guarded(sonde_error* to, Body&& body) noexcept {
    try {
        const result<void> done = body();
        return done ? SONDE_OK : store(done.error(), to);
    } catch (const std::bad_alloc&) {
        return store({errc::exhausted, "out of memory", {}}, to);
    } catch (const std::exception& e) {
        try {
            return store({errc::internal, std::string("exception: ") + e.what(), {}}, to);
        } catch (...) {
            return SONDE_INTERNAL;
        }
    } catch (...) {
        return SONDE_INTERNAL;
    }
}

template <class T>
struct endpoint_table {
    static sonde_rc handle(void* self, std::uint32_t index, const sonde_request* from, const sonde_response* to,
                           sonde_error* failure) noexcept {
        return guarded(failure, [&]() -> result<void> {
            response answer(*to);
            return static_cast<T*>(self)->handle(T::endpoints[index].name, request(*from), answer);
        });
    }
    static constexpr sonde_plugin_endpoints table{sizeof(sonde_plugin_endpoints),
                                                  static_cast<std::uint32_t>(T::endpoints.size()),
                                                  T::endpoints.data(),
                                                  sizeof(sonde_endpoint),
                                                  0,
                                                  &handle};
};

template <component T>
struct ops {
    static T& of(void* self) noexcept { return *static_cast<T*>(self); }

    static sonde_rc configure(void* self, const sonde_config* values, sonde_error* failure) noexcept {
        return guarded(failure, [&] { return of(self).configure(settings(*values)); });
    }
    static sonde_rc start(void* self, sonde_error* failure) noexcept {
        return guarded(failure, [&]() -> result<void> {
            if constexpr (requires { of(self).start(); }) {
                return of(self).start();
            } else {
                return {};
            }
        });
    }
    static sonde_rc run(void* self, const sonde_run* until, sonde_error* failure) noexcept {
        return guarded(failure, [&] {
            run_context context(*until);
            return of(self).run(context);
        });
    }
    static sonde_rc consume(void* self, const sonde_batch* batch, sonde_error* failure) noexcept {
        return guarded(failure, [&] { return of(self).consume(batch_view(*batch)); });
    }
    static std::int64_t idle(void* self, std::int64_t now) noexcept {
        std::int64_t next = 0;
        static_cast<void>(guarded(nullptr, [&]() -> result<void> {
            next = of(self).idle(std::chrono::nanoseconds(now)).count();
            return {};
        }));
        return next;
    }
    static sonde_rc stop(void* self, std::int64_t deadline, sonde_error* failure) noexcept {
        return guarded(failure, [&]() -> result<void> {
            if constexpr (requires { of(self).stop(std::chrono::nanoseconds(deadline)); }) {
                return of(self).stop(std::chrono::nanoseconds(deadline));
            } else {
                return {};
            }
        });
    }
    static void destroy(void* self) noexcept { delete static_cast<T*>(self); }

    static const void* get_extension(void*, const char* id) noexcept {
        if constexpr (requires { T::endpoints; }) {
            if (std::string_view(id) == SONDE_PLUGIN_ENDPOINTS) {
                return &endpoint_table<T>::table;
            }
        }
        return nullptr;
    }

    static constexpr auto run_or_null() {
        if constexpr (collector<T>) {
            return &run;
        } else {
            return nullptr;
        }
    }
    static constexpr auto consume_or_null() {
        if constexpr (takes_batches<T>) {
            return &consume;
        } else {
            return nullptr;
        }
    }
    static constexpr auto idle_or_null() {
        if constexpr (requires(T self, std::chrono::nanoseconds now) { self.idle(now); }) {
            return &idle;
        } else {
            return nullptr;
        }
    }

    static constexpr sonde_ops table{
        sizeof(sonde_ops), 0,     &configure, &start,        run_or_null(), consume_or_null(),
        idle_or_null(),    &stop, &destroy,   &get_extension};
};

}  // namespace detail

// The ABI's static description of T.
template <class T>
    requires collector<T> || consumer<T>
struct component_table {
    static sonde_rc probe(const sonde_host* from, sonde_error* failure) noexcept {
        return detail::guarded(failure, [&]() -> result<void> {
            if constexpr (requires { T::probe(host(from)); }) {
                return T::probe(host(from));
            } else {
                return {};
            }
        });
    }
    static sonde_rc create(const sonde_host* from, void** self, sonde_error* failure) noexcept {
        return detail::guarded(failure, [&]() -> result<void> {
            *self = std::make_unique<T>(host(from)).release();
            return {};
        });
    }
    static constexpr const sonde_option* options() {
        if constexpr (requires { T::options; }) {
            return T::options.data();
        } else {
            return nullptr;
        }
    }
    static constexpr std::uint32_t option_count() {
        if constexpr (requires { T::options; }) {
            return static_cast<std::uint32_t>(T::options.size());
        } else {
            return 0;
        }
    }

    static constexpr component_info info = T::info;
    static constexpr sonde_component table{sizeof(sonde_component),
                                           info.flags,
                                           info.type,
                                           info.summary,
                                           info.description,
                                           info.stability,
                                           options(),
                                           option_count(),
                                           sizeof(sonde_option),
                                           info.publishes.data(),
                                           info.subscribes.data(),
                                           &detail::ops<T>::table,
                                           &probe,
                                           &create};
};

}  // namespace sonde

// SPDX-License-Identifier: Apache-2.0
// One connection to systemd's manager over D-Bus: subscription, lists and questions, all without waiting; what comes is
// told to a listener from inside `process`. Interfaces as in org.freedesktop.systemd1(5).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <systemd/sd-bus.h>

#include <sonde/result.hpp>

#include "systemd/unit_facts.hpp"

namespace sonde::systemd {

struct listed_unit {
    std::string name;
    unit_change facts;
};

// Called from inside manager_bus::process. None of them may destroy the connection.
class manager_listener {
public:
    virtual void on_list(const std::vector<listed_unit>& all) = 0;
    // The list, or the subscription, was refused: this connection is of no use.
    virtual void on_refusal(std::string_view error_name, std::string_view text) = 0;
    // An answer to one question about a unit; `is_answer` is false if the unit is gone or did not say in time.
    virtual void on_answer(const std::string& unit, const unit_change& found, bool is_answer) = 0;
    virtual void on_unit_new(const std::string& unit) = 0;
    virtual void on_unit_removed(const std::string& unit) = 0;
    // The last of a change's messages has `is_last`.
    virtual void on_properties(const std::string& unit, const unit_change& found, bool is_last) = 0;
    virtual void on_job_new(const job_facts& job) = 0;
    virtual void on_job_type(std::uint32_t id, std::string_view type) = 0;  // empty: the job is gone
    virtual void on_job_removed(const job_facts& job) = 0;
    virtual void on_reloading(bool has_begun) = 0;
    // systemd came to the bus or left it.
    virtual void on_manager(bool is_there) = 0;

protected:
    ~manager_listener() = default;
};

class manager_bus {
public:
    // A socket that leads to systemd itself, without a bus between.
    [[nodiscard]] static bool is_direct(std::string_view address) noexcept;
    [[nodiscard]] static result<std::unique_ptr<manager_bus>> connect(const std::string& address, manager_listener& to);
    manager_bus(const manager_bus&) = delete;
    manager_bus& operator=(const manager_bus&) = delete;
    ~manager_bus();

    [[nodiscard]] int fd() const noexcept;
    [[nodiscard]] short events() const noexcept;
    // CLOCK_MONOTONIC; max if only the descriptor matters.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    // Handles at most `most` messages; how many there were. Fails when the connection has ended.
    [[nodiscard]] result<std::size_t> process(std::size_t most);

    // Asks for signals; again after systemd came back to the bus.
    [[nodiscard]] result<void> subscribe();
    // All units whose names match one of the patterns.
    [[nodiscard]] result<void> list(const std::vector<std::string>& patterns);

    // Each leads to one on_answer. Of all interfaces at once if `interface` is empty.
    [[nodiscard]] result<void> ask_all(const std::string& unit, const std::string& interface);
    [[nodiscard]] result<void> ask_one(const std::string& unit, const std::string& interface, const char* property);
    // Leads to one on_job_type.
    [[nodiscard]] result<void> ask_job(std::uint32_t id, const std::string& path);

private:
    struct question;

    manager_bus(sd_bus* bus, manager_listener& to, bool is_direct) noexcept
        : bus_(bus), to_(&to), is_direct_(is_direct) {}

    [[nodiscard]] result<void> match();
    [[nodiscard]] result<void> match_signal(const char* member);
    [[nodiscard]] result<void> send(sd_bus_message* call, std::unique_ptr<question> about);
    [[nodiscard]] result<void> call_manager(const char* member, std::unique_ptr<question> about,
                                            const std::vector<std::string>* first,
                                            const std::vector<std::string>* second);
    void take(sd_bus_message* signal);
    void take_reply(sd_bus_message* reply, const question& about);

    static int on_signal(sd_bus_message* signal, void* self, sd_bus_error*) noexcept;
    static int on_owner(sd_bus_message* signal, void* self, sd_bus_error*) noexcept;
    static int on_reply(sd_bus_message* reply, void* about, sd_bus_error*) noexcept;
    static void forget(void* about) noexcept;

    sd_bus* bus_;
    manager_listener* to_;
    bool is_direct_;
};

}  // namespace sonde::systemd

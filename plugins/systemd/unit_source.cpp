// SPDX-License-Identifier: Apache-2.0
#include "systemd/unit_source.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <unistd.h>

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;

constexpr const char* system_bus = "unix:path=/run/dbus/system_bus_socket";
constexpr const char* own_socket = "unix:path=/run/systemd/private";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr std::size_t messages_per_turn = 256;
constexpr std::size_t most_asked = 16;  // systemd answers one after the other, and has other work
constexpr std::size_t most_jobs = 4096;
constexpr std::chrono::nanoseconds first_pause = 250ms;
constexpr std::chrono::nanoseconds longest_pause = 2s;
constexpr std::chrono::nanoseconds retell_pause = 5s;
constexpr auto never = std::chrono::nanoseconds::max();
constexpr std::array resources{"MemoryCurrent", "CPUUsageNSec", "TasksCurrent"};

}  // namespace

unit_source::unit_source(const host& on, const unit_options& of, const meters& counted, publisher& out,
                         std::uint32_t seed)
    : host_(on), of_(&of), meters_(&counted), out_(&out), pause_(first_pause, longest_pause, seed),
      table_(of, counted,
             [this](schema::unit_action what, const unit_facts& now, const unit_facts* before) {
                 return out_->unit(what, now, before);
             }),
      connects_at_(of.is_on ? 0ns : never), samples_at_(never), retells_at_(never) {
    state_.health = of.is_on ? common::part_health::starting : common::part_health::off;
}

void unit_source::turn() {
    const auto now = host_.monotonic();
    if (!bus_ && connects_at_ <= now) {
        connect();
    }
    if (!bus_) {
        return;
    }
    const auto handled = bus_->process(messages_per_turn);
    if (!handled || !refusal_.empty()) {
        const std::string reason = std::exchange(refusal_, {});
        return reason.empty() ? disconnect("no_bus", address_ + ": " + handled.error().text)
                              : disconnect(reason, address_ + ": " + refusal_text_);
    }
    meters_->bus_messages.add(*handled);
    has_more_ = *handled == messages_per_turn;
    if (samples_at_ <= now) {
        begin_samples();
    }
    ask_next();
    settle_list();
    if (table_.take_missed()) {
        retells_at_ = now + retell_pause;
    }
    if (retells_at_ <= now) {
        retells_at_ = never;
        wants_snapshot_ = true;
    }
    table_.count_states();
}

void unit_source::connect() {
    connects_at_ = host_.monotonic() + pause_.next();
    std::vector<std::string> places{of_->address};
    if (of_->address.empty()) {
        places = {system_bus};
        if (::geteuid() == 0) {
            places.emplace_back(own_socket);
        }
    }
    std::string failures;
    for (const std::string& place : places) {
        auto made = manager_bus::connect(place, *this);
        auto subscribed = made ? (*made)->subscribe() : result<void>(std::unexpected(made.error()));
        if (subscribed) {
            bus_ = std::move(*made);
            address_ = place;
            meters_->bus_connects.add();
            return list();
        }
        failures.append(failures.empty() ? "" : "; ").append(subscribed.error().text);
    }
    disconnect("no_bus", failures);
}

void unit_source::disconnect(std::string_view reason, std::string_view text) {
    meters_->bus_failures.add();
    meters_->bus_connected.set(0);
    bus_.reset();
    questions_.clear();
    asked_ = 0;
    jobs_.clear();
    has_more_ = false;
    is_reloading_ = false;
    samples_at_ = never;
    connects_at_ = host_.monotonic() + pause_.next();
    for (auto& [name, row] : table_.rows()) {
        row.awaited = 0;
        row.sampled = 0;
    }
    state_ = {common::part_health::missing, std::string(reason), std::string(text) + "; it is tried again"};
}

void unit_source::list() {
    phase_ = phase::listing;
    std::vector<std::string> patterns = of_->names;
    if (patterns.empty()) {
        for (const std::string& type : of_->types) {
            patterns.push_back("*." + type);
        }
    }
    meters_->bus_lists.add();
    if (auto sent = bus_->list(patterns); !sent) {
        refusal_ = "no_bus";
        refusal_text_ = sent.error().text;
    }
}

void unit_source::on_list(const std::vector<listed_unit>& all) {
    for (auto& [name, row] : table_.rows()) {
        row.is_listed = false;
    }
    for (const listed_unit& each : all) {
        unit_row* const row = table_.wants(each.name) ? table_.add(each.name, has_synced_) : nullptr;
        if (row == nullptr) {
            continue;
        }
        row->is_listed = true;
        apply(each.facts, row->now);
        ask_details(*row);
    }
    std::vector<std::string> gone;
    for (const auto& [name, row] : table_.rows()) {
        if (!row.is_listed) {
            gone.push_back(name);
        }
    }
    for (const std::string& name : gone) {
        table_.remove(name);
    }
    phase_ = phase::asking;
    pause_.reset();
    meters_->bus_connected.set(1);
    state_ = {common::part_health::working, "", address_};
}

void unit_source::on_refusal(std::string_view error_name, std::string_view text) {
    const bool is_denied = error_name == SD_BUS_ERROR_ACCESS_DENIED;
    refusal_ = is_denied ? "bus_denied" : "no_systemd";
    refusal_text_ = "systemd does not answer: ";
    refusal_text_.append(text.empty() ? error_name : text);
}

void unit_source::ask(unit_row& row, std::string interface, const char* property) {
    questions_.push_back({row.now.name, std::move(interface), property});
    ++row.awaited;
}

// All that is told of a unit beside what a list has. After that, systemd tells.
void unit_source::ask_details(unit_row& row) {
    if (row.now.load_state != "loaded") {
        return table_.settle(row);
    }
    ask(row, unit_interface, "InvocationID");
    ask(row, unit_interface, "StateChangeTimestamp");
    if (std::string interface = interface_of(type_of(row.now.name)); !interface.empty()) {
        ask(row, std::move(interface), nullptr);
    }
}

void unit_source::ask_next() {
    while (bus_ && asked_ < most_asked && !questions_.empty()) {
        const question next = std::move(questions_.front());
        questions_.pop_front();
        ++asked_;
        const auto sent = next.property == nullptr ? bus_->ask_all(next.unit, next.interface)
                                                   : bus_->ask_one(next.unit, next.interface, next.property);
        if (!sent) {
            on_answer(next.unit, {}, false);
        }
    }
}

void unit_source::on_answer(const std::string& unit, const unit_change& found, bool) {
    asked_ -= asked_ > 0 ? 1 : 0;
    unit_row* const row = table_.find(unit);
    if (row == nullptr) {
        return;
    }
    apply(found, row->now);
    if (row->awaited > 0) {
        --row->awaited;
        return table_.settle(*row);
    }
    if (row->sampled > 0) {
        --row->sampled;
        if (row->sampled == 0) {
            table_.tell_sample(*row);
        }
    }
}

void unit_source::settle_list() {
    if (phase_ == phase::asking && questions_.empty() && asked_ == 0) {
        phase_ = phase::following;
        samples_at_ = of_->sample_interval > 0ns ? host_.monotonic() + of_->sample_interval : never;
        if (!has_synced_) {
            has_synced_ = true;
            const auto is_told = [](const auto& each) { return each.second.told.has_value(); };
            const auto count = std::count_if(table_.rows().begin(), table_.rows().end(), is_told);
            wants_snapshot_ = !out_->synced(static_cast<std::size_t>(count));
            return;
        }
    }
    if (phase_ == phase::following && std::exchange(wants_snapshot_, false)) {
        const std::size_t count = table_.tell_all();
        if (!out_->synced(count)) {
            retells_at_ = host_.monotonic() + retell_pause;
        }
    }
}

void unit_source::on_unit_new(const std::string& unit) {
    if (is_reloading_ || phase_ == phase::listing || !table_.wants(unit) || table_.find(unit) != nullptr) {
        return;
    }
    if (unit_row* const row = table_.add(unit, true)) {
        // It is about to run in most cases: only an answer to one question has states and process of one moment.
        ask(*row, {}, nullptr);
    }
}

void unit_source::on_unit_removed(const std::string& unit) {
    if (!is_reloading_ && phase_ != phase::listing) {
        table_.remove(unit);
    }
}

void unit_source::on_properties(const std::string& unit, const unit_change& found, bool is_last) {
    unit_row* const row = table_.find(unit);
    if (row == nullptr) {
        return;
    }
    apply(found, row->now);
    if (is_last && phase_ != phase::listing) {
        table_.settle(*row);
    }
}

void unit_source::on_job_new(const job_facts& job) {
    if (table_.wants(job.unit) && jobs_.size() < most_jobs) {
        jobs_.insert_or_assign(job.id, job_row{job, false});
    }
}

void unit_source::on_job_type(std::uint32_t id, std::string_view type) {
    const auto found = jobs_.find(id);
    if (found != jobs_.end() && !found->second.is_told) {
        found->second.facts.type = type;
        found->second.is_told = true;
        out_->job(schema::job_action::added, found->second.facts);
    }
}

void unit_source::on_job_removed(const job_facts& job) {
    if (!table_.wants(job.unit)) {
        return;
    }
    on_job_type(job.id, "");  // it was faster than the answer
    job_facts last = job;
    if (const auto found = jobs_.find(job.id); found != jobs_.end()) {
        last.type = found->second.facts.type;
        jobs_.erase(found);
    }
    out_->job(schema::job_action::removed, last);
}

void unit_source::on_reloading(bool has_begun) {
    is_reloading_ = has_begun;
    if (!has_begun) {
        list();
    }
}

void unit_source::on_manager(bool is_there) {
    is_reloading_ = false;
    if (!is_there) {
        meters_->bus_connected.set(0);
        state_ = {common::part_health::missing, "no_systemd",
                  address_ + ": systemd has left the bus; it is waited for"};
        return;
    }
    if (auto subscribed = bus_->subscribe(); !subscribed) {
        refusal_ = "no_bus";
        refusal_text_ = subscribed.error().text;
        return;
    }
    list();
}

void unit_source::begin_samples() {
    samples_at_ = host_.monotonic() + of_->sample_interval;
    for (auto& [name, row] : table_.rows()) {
        const bool is_free = row.awaited == 0 && row.sampled == 0;
        if (!is_free || row.now.active_state != "active" || !has_resources(type_of(name))) {
            continue;
        }
        for (const char* const property : resources) {
            questions_.push_back({name, interface_of(type_of(name)), property});
            ++row.sampled;
        }
    }
}

pollfd unit_source::descriptor() const noexcept {
    return bus_ ? pollfd{bus_->fd(), bus_->events(), 0} : pollfd{-1, 0, 0};
}

std::chrono::nanoseconds unit_source::due() const noexcept {
    if (!bus_) {
        return connects_at_;
    }
    const bool can_ask = !questions_.empty() && asked_ < most_asked;
    const bool can_tell = phase_ == phase::following && wants_snapshot_;
    return has_more_ || can_ask || can_tell ? 0ns : std::min({bus_->due(), samples_at_, retells_at_});
}

}  // namespace sonde::systemd

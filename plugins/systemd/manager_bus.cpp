// SPDX-License-Identifier: Apache-2.0
#include "systemd/manager_bus.hpp"

#include <cstdlib>
#include <cstring>
#include <optional>

#include <poll.h>

#include "systemd/bus_messages.hpp"

namespace sonde::systemd {
namespace {

using namespace std::chrono_literals;

constexpr const char* service = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* unit_prefix = "/org/freedesktop/systemd1/unit";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* job_interface = "org.freedesktop.systemd1.Job";
constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr std::chrono::microseconds answer_limit = 5s;

struct unref {
    void operator()(sd_bus_message* of) const noexcept { sd_bus_message_unref(of); }
    void operator()(sd_bus_slot* of) const noexcept { sd_bus_slot_unref(of); }
    void operator()(sd_bus* of) const noexcept { sd_bus_unref(of); }
    void operator()(char* of) const noexcept { std::free(of); }
};
template <class T>
using owned = std::unique_ptr<T, unref>;

std::unexpected<error> refuse(int negative, std::string_view doing) {
    return fail(negative == -EACCES || negative == -EPERM ? errc::denied : errc::failed,
                "cannot " + std::string(doing) + ": " + std::strerror(-negative));
}

std::string path_of(const std::string& unit) {
    char* path = nullptr;
    const int rc = sd_bus_path_encode(unit_prefix, unit.c_str(), &path);
    const owned<char> held(path);
    return rc < 0 ? std::string{} : std::string(path);
}

std::optional<std::string> unit_of(const char* path) {
    char* name = nullptr;
    const int rc = path == nullptr ? 0 : sd_bus_path_decode(path, unit_prefix, &name);
    const owned<char> held(name);
    return rc > 0 ? std::optional<std::string>(name) : std::nullopt;
}

int append(sd_bus_message* to, const std::vector<std::string>& texts) {
    int rc = sd_bus_message_open_container(to, 'a', "s");
    for (const std::string& text : texts) {
        rc = rc < 0 ? rc : sd_bus_message_append_basic(to, 's', text.c_str());
    }
    return rc < 0 ? rc : sd_bus_message_close_container(to);
}

}  // namespace

// What a reply is the answer to.
struct manager_bus::question {
    enum class kind : std::uint8_t { subscription, list, all, one, job };
    manager_bus* self = nullptr;
    kind what = kind::subscription;
    std::string unit;
    std::string property;
    std::uint32_t job = 0;
};

bool manager_bus::is_direct(std::string_view address) noexcept { return address.ends_with("/systemd/private"); }

result<std::unique_ptr<manager_bus>> manager_bus::connect(const std::string& address, manager_listener& to) {
    sd_bus* bus = nullptr;
    int rc = sd_bus_new(&bus);
    owned<sd_bus> held(bus);
    const bool direct = is_direct(address);
    rc = rc < 0 ? rc : sd_bus_set_address(bus, address.c_str());
    rc = rc < 0 ? rc : sd_bus_set_bus_client(bus, direct ? 0 : 1);
    rc = rc < 0 ? rc : sd_bus_set_method_call_timeout(bus, static_cast<std::uint64_t>(answer_limit.count()));
    rc = rc < 0 ? rc : sd_bus_start(bus);
    if (rc < 0) {
        return refuse(rc, "connect to " + address);
    }
    std::unique_ptr<manager_bus> made(new manager_bus(held.release(), to, direct));
    if (auto listens = made->match(); !listens) {
        return std::unexpected(listens.error());
    }
    return made;
}

manager_bus::~manager_bus() { sd_bus_close_unref(bus_); }

int manager_bus::fd() const noexcept { return sd_bus_get_fd(bus_); }

short manager_bus::events() const noexcept {
    const int events = sd_bus_get_events(bus_);
    return static_cast<short>(events < 0 ? POLLIN : events);
}

std::chrono::nanoseconds manager_bus::due() const noexcept {
    std::uint64_t at = 0;
    return sd_bus_get_timeout(bus_, &at) < 0 || at == UINT64_MAX ? std::chrono::nanoseconds::max()
                                                                 : std::chrono::microseconds(at);
}

result<std::size_t> manager_bus::process(std::size_t most) {
    for (std::size_t count = 0; count < most; ++count) {
        const int rc = sd_bus_process(bus_, nullptr);
        if (rc < 0) {
            return refuse(rc, "read from the bus");
        }
        if (rc == 0) {
            return sd_bus_is_open(bus_) > 0 ? result<std::size_t>(count)
                                            : fail(errc::failed, "the connection has ended");
        }
    }
    return most;
}

result<void> manager_bus::match_signal(const char* member) {
    const int rc = sd_bus_match_signal_async(bus_, nullptr, is_direct_ ? nullptr : service, manager_path,
                                             manager_interface, member, &on_signal, nullptr, this);
    return rc < 0 ? refuse(rc, "listen for " + std::string(member)) : result<void>{};
}

result<void> manager_bus::match() {
    for (const char* const member : {"UnitNew", "UnitRemoved", "JobNew", "JobRemoved", "Reloading"}) {
        if (auto done = match_signal(member); !done) {
            return done;
        }
    }
    const std::string properties =
        std::string("type='signal',") + (is_direct_ ? "" : "sender='org.freedesktop.systemd1',") + "path_namespace='" +
        unit_prefix + "',interface='" + properties_interface + "',member='PropertiesChanged'";
    int rc = sd_bus_add_match_async(bus_, nullptr, properties.c_str(), &on_signal, nullptr, this);
    if (rc >= 0 && !is_direct_) {
        rc = sd_bus_add_match_async(bus_, nullptr,
                                    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                    "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                    "arg0='org.freedesktop.systemd1'",
                                    &on_owner, nullptr, this);
    }
    return rc < 0 ? refuse(rc, "listen for changes") : result<void>{};
}

result<void> manager_bus::subscribe() {
    auto about = std::make_unique<question>();
    about->what = question::kind::subscription;
    return call_manager("Subscribe", std::move(about), nullptr, nullptr);
}

result<void> manager_bus::list(const std::vector<std::string>& patterns) {
    auto about = std::make_unique<question>();
    about->what = question::kind::list;
    const std::vector<std::string> any_state;
    return call_manager("ListUnitsByPatterns", std::move(about), &any_state, &patterns);
}

result<void> manager_bus::call_manager(const char* member, std::unique_ptr<question> about,
                                       const std::vector<std::string>* first, const std::vector<std::string>* second) {
    sd_bus_message* call = nullptr;
    int rc = sd_bus_message_new_method_call(bus_, &call, service, manager_path, manager_interface, member);
    const owned<sd_bus_message> held(call);
    for (const auto* texts : {first, second}) {
        rc = rc < 0 || texts == nullptr ? rc : append(call, *texts);
    }
    return rc < 0 ? refuse(rc, "call " + std::string(member)) : send(call, std::move(about));
}

result<void> manager_bus::ask_all(const std::string& unit, const std::string& interface) {
    sd_bus_message* call = nullptr;
    int rc =
        sd_bus_message_new_method_call(bus_, &call, service, path_of(unit).c_str(), properties_interface, "GetAll");
    const owned<sd_bus_message> held(call);
    rc = rc < 0 ? rc : sd_bus_message_append(call, "s", interface.c_str());
    auto about = std::make_unique<question>();
    about->what = question::kind::all;
    about->unit = unit;
    return rc < 0 ? refuse(rc, "ask for a unit") : send(call, std::move(about));
}

result<void> manager_bus::ask_one(const std::string& unit, const std::string& interface, const char* property) {
    sd_bus_message* call = nullptr;
    int rc = sd_bus_message_new_method_call(bus_, &call, service, path_of(unit).c_str(), properties_interface, "Get");
    const owned<sd_bus_message> held(call);
    rc = rc < 0 ? rc : sd_bus_message_append(call, "ss", interface.c_str(), property);
    auto about = std::make_unique<question>();
    about->what = question::kind::one;
    about->unit = unit;
    about->property = property;
    return rc < 0 ? refuse(rc, "ask for a property") : send(call, std::move(about));
}

result<void> manager_bus::ask_job(std::uint32_t id, const std::string& path) {
    sd_bus_message* call = nullptr;
    int rc = sd_bus_message_new_method_call(bus_, &call, service, path.c_str(), properties_interface, "Get");
    const owned<sd_bus_message> held(call);
    rc = rc < 0 ? rc : sd_bus_message_append(call, "ss", job_interface, "JobType");
    auto about = std::make_unique<question>();
    about->what = question::kind::job;
    about->job = id;
    return rc < 0 ? refuse(rc, "ask for a job") : send(call, std::move(about));
}

result<void> manager_bus::send(sd_bus_message* call, std::unique_ptr<question> about) {
    // systemd is there or it is not: asking must not make the bus try to start it.
    sd_bus_message_set_auto_start(call, 0);
    about->self = this;
    sd_bus_slot* slot = nullptr;
    if (const int rc = sd_bus_call_async(bus_, &slot, call, &on_reply, about.get(), 0); rc < 0) {
        return refuse(rc, "ask systemd");
    }
    // The connection keeps the slot until the answer, and frees the question with it.
    const owned<sd_bus_slot> held(slot);
    sd_bus_slot_set_destroy_callback(slot, &forget);
    sd_bus_slot_set_floating(slot, 1);
    static_cast<void>(about.release());
    return {};
}

void manager_bus::forget(void* about) noexcept { delete static_cast<question*>(about); }

int manager_bus::on_reply(sd_bus_message* reply, void* about, sd_bus_error*) noexcept {
    const auto& asked = *static_cast<const question*>(about);
    asked.self->take_reply(reply, asked);
    return 0;
}

void manager_bus::take_reply(sd_bus_message* reply, const question& about) {
    using kind = question::kind;
    const sd_bus_error* const problem = sd_bus_message_get_error(reply);
    if (problem != nullptr && (about.what == kind::list || about.what == kind::subscription)) {
        return to_->on_refusal(problem->name, problem->message == nullptr ? "" : problem->message);
    }
    switch (about.what) {
    case kind::subscription: return;
    case kind::job: return to_->on_job_type(about.job, problem != nullptr ? "" : bus_messages::read_text(reply));
    case kind::list:
        if (const auto all = bus_messages::read_list(reply)) {
            return to_->on_list(*all);
        }
        return to_->on_refusal("", "the list of units has a form that is not known");
    case kind::all:
    case kind::one: {
        const auto found = problem != nullptr        ? std::nullopt
                           : about.what == kind::all ? bus_messages::read_properties(reply)
                                                     : bus_messages::read_property(reply, about.property);
        return to_->on_answer(about.unit, found.value_or(unit_change{}), found.has_value());
    }
    }
}

int manager_bus::on_owner(sd_bus_message* signal, void* self, sd_bus_error*) noexcept {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* now = nullptr;
    if (sd_bus_message_read(signal, "sss", &name, &before, &now) > 0) {
        static_cast<manager_bus*>(self)->to_->on_manager(now[0] != '\0');
    }
    return 0;
}

int manager_bus::on_signal(sd_bus_message* signal, void* self, sd_bus_error*) noexcept {
    static_cast<manager_bus*>(self)->take(signal);
    return 0;
}

void manager_bus::take(sd_bus_message* signal) {
    const std::string_view member = sd_bus_message_get_member(signal);
    std::string path;
    if (member == "PropertiesChanged") {
        const char* interface = nullptr;
        const auto unit = unit_of(sd_bus_message_get_path(signal));
        if (!unit || sd_bus_message_read(signal, "s", &interface) <= 0) {
            return;
        }
        if (const auto found = bus_messages::read_properties(signal)) {
            // systemd sends the properties of the type first and those of the unit last (bus_unit_send_change_signal).
            to_->on_properties(*unit, *found, std::string_view(interface) == unit_interface);
        }
    } else if (member == "JobNew" || member == "JobRemoved") {
        const bool is_removed = member == "JobRemoved";
        if (const auto job = bus_messages::read_job(signal, is_removed, path)) {
            if (is_removed) {
                return to_->on_job_removed(*job);
            }
            to_->on_job_new(*job);
            if (!ask_job(job->id, path)) {
                to_->on_job_type(job->id, "");
            }
        }
    } else if (member == "UnitNew" || member == "UnitRemoved") {
        const char* unit = nullptr;
        const char* object = nullptr;
        if (sd_bus_message_read(signal, "so", &unit, &object) > 0) {
            member == "UnitNew" ? to_->on_unit_new(unit) : to_->on_unit_removed(unit);
        }
    } else if (member == "Reloading") {
        int has_begun = 0;
        if (sd_bus_message_read(signal, "b", &has_begun) > 0) {
            to_->on_reloading(has_begun != 0);
        }
    }
}

}  // namespace sonde::systemd

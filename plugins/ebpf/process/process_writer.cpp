// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/process_writer.hpp"

#include <ctime>

#include "common/valid_utf8.hpp"
#include "process/schema.hpp"

namespace sonde::ebpf::process {
namespace {

namespace schema = sonde::process::schema;

constexpr double nanoseconds_per_second = 1e9;

std::chrono::nanoseconds since_boot() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

start_clock::start_clock(const host& on) : boot_(on.wall() - since_boot()) {}

void process_writer::look_up(const sonde_process& process) {
    cgroup_ = &cgroups_->find(process.cgroup_id, process.pid, process.level != 0);
}

void process_writer::identify(envelope_writer& to, const sonde_process& process) const {
    to.process(process.pid, process.start_time == 0 ? std::chrono::nanoseconds(0) : clock_.at(process.start_time))
        .cgroup(process.cgroup_id)
        .network_namespace(process.network_namespace)
        .container(cgroup_->container_id)
        .pod(cgroup_->pod_uid, {}, {});
}

void process_writer::write(wire::writer& out, const sonde_process& process) {
    out.uint_if(schema::pid, process.pid);
    if (process.start_time == 0) {
        return;  // the kernel told the pid only
    }
    out.uint_if(schema::parent_pid, process.parent_pid);
    write_text(out, schema::name, text_of(process.name));
    out.fixed64(schema::create_time_unix_nano, static_cast<std::uint64_t>(clock_.at(process.start_time).count()));
    out.uint(schema::user_id, process.user_id);
    out.uint(schema::group_id, process.group_id);
    out.uint_if(schema::cgroup_id, process.cgroup_id);
    write_text(out, schema::cgroup_path, cgroup_->path);
    out.text_if(schema::container_id, cgroup_->container_id);
    out.uint_if(schema::pid_namespace, process.pid_namespace);
    out.uint_if(schema::mount_namespace, process.mount_namespace);
    out.uint_if(schema::network_namespace, process.network_namespace);
    out.uint_if(schema::namespace_pid, process.namespace_pid);
    out.uint_if(schema::pid_namespace_level, process.level);
    out.uint_if(schema::is_container, process.level != 0 ? 1 : 0);
}

void process_writer::write_identity(wire::writer& out, const sonde_process& process) {
    out.uint(schema::pid, process.pid);
    out.uint_if(schema::parent_pid, process.parent_pid);
    write_text(out, schema::name, text_of(process.name));
    out.fixed64(schema::create_time_unix_nano, static_cast<std::uint64_t>(clock_.at(process.start_time).count()));
    out.uint(schema::user_id, process.user_id);
    out.uint(schema::group_id, process.group_id);
    out.uint_if(schema::cgroup_id, process.cgroup_id);
}

void process_writer::write_texts(wire::writer& out, const exec_view& view) {
    const std::uint32_t flags = view.record->process.flags;
    if ((flags & SONDE_PROCESS_KERNEL_THREAD) == 0) {
        write_path(out, schema::executable_path, view.executable);
        write_path(out, schema::working_directory, view.directory);
        write_text(out, schema::exec_path, view.filename);
    }
    for (std::string_view rest = view.args; !rest.empty();) {
        const std::size_t end = rest.find('\0');
        // Repeated fields keep their empty members: "" is an argument.
        out.text(schema::command_args, common::valid_utf8(rest.substr(0, end), scratch_));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    out.uint_if(schema::command_args_truncated, (flags & SONDE_PROCESS_ARGS_CUT) != 0 ? 1 : 0);
    out.uint_if(schema::paths_truncated,
                (flags & (SONDE_PROCESS_EXECUTABLE_CUT | SONDE_PROCESS_DIRECTORY_CUT)) != 0 ? 1 : 0);
}

void process_writer::write_times(wire::writer& out, const sonde_process_times& times) {
    const cpu_times cpu = scale(times);
    if (cpu.user != 0) {
        out.number(schema::cpu_time_user, static_cast<double>(cpu.user) / nanoseconds_per_second);
    }
    if (cpu.system != 0) {
        out.number(schema::cpu_time_system, static_cast<double>(cpu.system) / nanoseconds_per_second);
    }
}

void process_writer::write_text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void process_writer::write_path(wire::writer& out, std::uint32_t field, std::string_view components) {
    path_.clear();
    append_path(path_, components);
    write_text(out, field, path_);
}

}  // namespace sonde::ebpf::process

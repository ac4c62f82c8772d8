// SPDX-License-Identifier: Apache-2.0
// The options of the ebpf collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>
#include <sonde_bpf/file_open.h>
#include <sonde_bpf/sync.h>

#include "ebpf/connection/exclusions.hpp"
#include "ebpf/payload/connection_kinds.hpp"

namespace sonde::ebpf {

inline constexpr std::array option_table{
    option("processes", option_type::boolean).defaults("true").explained("Tell exec, fork and exit of processes"),
    option("oom_kills", option_type::boolean)
        .defaults("true")
        .explained("Tell whom the kernel ends for want of memory"),
    option("tcp", option_type::boolean).defaults("true").explained("Track TCP connections: who, how much, how it went"),
    option("udp", option_type::boolean)
        .defaults("true")
        .explained("Track UDP flows",
                   "The kernel counts nothing for UDP, so that each of its packets is looked at, and of TCP one field. "
                   "Needs a mounted cgroup v2 file system, as does dns."),
    option("nat", option_type::boolean)
        .defaults("true")
        .explained("Tell where translated connections really go, from the kernel's connection tracking"),
    option("dns", option_type::boolean)
        .defaults("true")
        .explained("Read the questions and answers of DNS: times, codes, and names for addresses"),
    option("dns_ports", option_type::list).explained("Ports that name servers answer on; 53 unless given, at most 8"),
    option("connection_interval", option_type::duration)
        .defaults("10s")
        .range("1s", "1h")
        .explained("Time between two tellings of what live connections have moved; ended ones are told at once"),
    option("max_tracked_connections", option_type::integer)
        .defaults("65536")
        .range("1024", "4194304")
        .in_unit("{connection}")
        .explained("Most live connections that are remembered; more are left out and counted"),
    option("exclude_local", option_type::map)
        .explained("Connections left out by their local end: address or CIDR or *, and ports",
                   "Ports are separated by commas, each \"*\", a number or a range, with \"TCP\" or \"UDP\" before it "
                   "if only one of them is meant: {\"10.0.0.0/8\" = \"TCP 80, 8000-8100\"}."),
    option("exclude_remote", option_type::map)
        .explained("Connections left out by their remote end, written like exclude_local"),
    option("protocols", option_type::list)
        .explained("Protocols that TCP connections are searched for by their first bytes: all, or some by name",
                   "None unless named: tls, http/1, http/2, grpc, postgresql, mysql, redis, kafka, mongodb, amqp, dns. "
                   "With http/1 also requests are counted by method, route and status; nothing else of them leaves "
                   "the host. Needs a mounted cgroup v2 file system."),
    option("protocol_sampling", option_type::integer)
        .defaults("100")
        .range("1", "100")
        .in_unit("%")
        .explained("How many of the TCP connections are searched"),
    option("protocol_bytes", option_type::bytes)
        .defaults("512")
        .range("64", "1KiB")
        .explained("Most bytes of a segment that are looked at; longer lines of a request have no route"),
    option("protocol_captures", option_type::integer)
        .defaults("10000")
        .range("1", "10000000")
        .in_unit("{segment}/s")
        .explained("Most segments that are looked at in a second; more are left out and counted as rate_limited"),
    option("max_conversations", option_type::integer)
        .defaults("8192")
        .range("16", "1048576")
        .in_unit("{connection}")
        .explained(
            "Most connections that are searched, or followed for HTTP, at a time; more are left out and counted"),
    option("signals", option_type::boolean)
        .defaults("false")
        .explained("Tell every signal that is sent, with its sender"),
    option("tcp_sends", option_type::boolean)
        .defaults("false")
        .explained(
            "Tell every call that hands data to TCP, with the peer",
            "Needs a kernel with function tracing or kprobes. Connections and their byte counts do not need it."),
    option("connects", option_type::boolean)
        .defaults("false")
        .explained(
            "Tell every connect() of a TCP or UDP socket, with the address that the program gave",
            "Also calls that fail before a packet is sent. Needs a mounted cgroup v2 file system. Connections are "
            "told without it. Without function tracing the outcome costs a look at each system call."),
    option("file_opens", option_type::boolean)
        .defaults("false")
        .explained("Tell every file that is opened, by its real path, or could not be",
                   "Without function tracing it costs a look at each system call."),
    option("file_open_paths", option_type::list)
        .explained(
            "Absolute paths below which opened files are told; all unless given, at most 8",
            "Paths are those of the process's mount namespace. A file that could not be opened counts as what its "
            "path says, a relative one as where it begins."),
    option("file_opens_limit", option_type::integer)
        .defaults("1000")
        .range("1", "10000000")
        .in_unit("{file}/s")
        .explained("Most files that are told in a second; more are left out and counted as rate_limited"),
    option("namespaces", option_type::boolean)
        .defaults("false")
        .explained(
            "Tell who makes or enters a network namespace, and when one ends",
            "Without function tracing it needs a mounted tracefs, costs a look at each system call, and does not "
            "tell of ends."),
    option("sync_processes", option_type::list)
        .explained("Names of processes whose writes to files and waits for the disk are measured, such as etcd",
                   "At most 8, each compared in its first 15 bytes, which is what the kernel keeps. None unless named. "
                   "Without function tracing it needs a mounted tracefs and costs a look at each system call."),
    option("sync_interval", option_type::duration)
        .defaults("10s")
        .range("1s", "1h")
        .explained("Time between two tellings of what was measured of sync_processes"),
    option("xdp_interfaces", option_type::list)
        .explained("Network interfaces whose received packets are counted by protocol",
                   "None unless named. An XDP program is attached to each; it passes every packet on."),
    option("containers_only", option_type::boolean)
        .defaults("false")
        .explained("Leave out processes of the host's own pid namespace"),
    option("command_args_limit", option_type::bytes)
        .defaults("4KiB")
        .range("0", "8KiB")
        .explained("Longest command line that is kept; 0 leaves command lines out"),
    option("ring_size", option_type::bytes)
        .defaults("8MiB")
        .range("4KiB", "1GiB")
        .explained("Size of the buffer between kernel and collector; a power of two",
                   "What does not fit is counted as lost. An exec takes about 400 bytes, a fork or an exit about 150."),
    option("poll_interval", option_type::duration)
        .defaults("20ms")
        .range("10ms", "50ms")
        .explained("Longest time between two looks at the buffer",
                   "While events come, it is looked at every 4 ms, and at once when a quarter is full. A wake-up per "
                   "event would cost more than the event itself. The end of a TCP connection waits one look for that "
                   "of its other end, so that both know each other if they are on this host."),
    option("snapshot_interval", option_type::duration)
        .defaults("15s")
        .range("0s", "24h")
        .explained(
            "Time between two snapshots of all processes; 0s makes them for new subscribers only",
            "Nothing is done while nobody subscribes. Most snapshots tell only what changes while a process runs; "
            "one in eight tells everything again. The process collector lives on them."),
    option("proc_root", option_type::path)
        .defaults("/proc")
        .explained("Where the proc file system is mounted; read only for what the kernel programs could not tell"),
    option("btf_custom_path", option_type::string)
        .defaults("")
        .explained("BTF file of the running kernel, for kernels that do not carry their own"),
    option("without", option_type::list)
        .explained("Kinds of programs that are not to be tried, e.g. tp_btf",
                   "For kernels where a kind misbehaves, and for tests. The endpoint features lists the kinds in use."),
    option("program_statistics", option_type::boolean)
        .defaults("false")
        .explained("Let the kernel measure the run time of its programs",
                   "Costs about 20 ns per run of every eBPF program of the machine while it is on."),
};

struct option_values {
    bool processes = true;
    bool oom_kills = true;
    bool tcp = true;
    bool udp = true;
    bool dns = true;
    bool nat = true;
    std::vector<std::uint16_t> dns_ports;
    std::chrono::nanoseconds connection_interval{};
    std::uint32_t max_tracked = 0;
    connection::exclusions excluded;
    payload::kind_set protocols;
    std::uint32_t protocol_sampling = 100;
    std::uint32_t protocol_bytes = 0;
    std::uint32_t protocol_captures = 0;
    std::uint32_t max_conversations = 0;
    bool signals = false;
    bool tcp_sends = false;
    bool connects = false;
    bool file_opens = false;
    sonde_file_config files{};
    bool namespaces = false;
    sonde_sync_config sync_processes{};
    std::chrono::nanoseconds sync_interval{};
    std::vector<std::string> xdp_interfaces;
    bool containers_only = false;
    std::uint32_t args_limit = 0;
    std::uint32_t ring_size = 0;
    std::chrono::nanoseconds poll_interval{};
    std::chrono::nanoseconds snapshot_interval{};
    std::string proc_root;
    std::string btf_path;
    std::vector<std::string> without;
    bool program_statistics = false;
};

// Fails if the ring's size is no power of two, and for ports, exclusions, protocols, paths and names that mean nothing.
[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::ebpf

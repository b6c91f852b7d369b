// SPDX-License-Identifier: Apache-2.0
// SynIC from the guest's side, rule by rule. Interrupts are off except inside wait_for(), so nothing arrives between a command
// and the check that follows it.

#include "apic.h"
#include "device.h"
#include "hyperv.h"
#include "interrupt.h"
#include "smp.h"
#include "synic.h"
#include "x86.h"

#define SINT_MAIN 2
#define SINT_AUTO 3
#define SINT_FENCE 4

#define VECTOR_WAKE 0x61
#define VECTOR_MAIN 0x62
#define VECTOR_AUTO 0x63
#define VECTOR_FENCE 0x64
#define VECTOR_MOVED 0x72

#define TEST_FLAG 37
#define DEMO_CPUS 2

static struct synic synics[DEMO_CPUS];

// What the handlers saw; one per CPU that takes part.
struct seen {
    volatile u32 main, automatic, fence, moved, wake;
    volatile bool auto_in_service;
    volatile bool consume;   // let the handler empty the slot before its EOI
    volatile u8 consumed[4]; // the payloads it found
    volatile u32 consumed_count;
};

static struct seen seen[DEMO_CPUS];
static volatile bool second_cpu_may_go;
static volatile bool second_cpu_is_done;
static u32 steps_ok, steps_failed;
static bool use_auto_eoi = true;
static u32 rounds = 100;

static inline struct seen *mine(void) { return &seen[this_cpu()]; }
static inline struct synic *my_synic(void) { return &synics[this_cpu()]; }
static inline struct message *my_message(void) { return &my_synic()->messages[SINT_MAIN]; }

// ---- handlers

static void consume_message(struct seen *me)
{
    if (me->consumed_count < sizeof(me->consumed))
        me->consumed[me->consumed_count++] = my_message()->payload[0];
    message_release(my_message()); // and no EOM, whatever it says: this is the way by EOI
}

INTERRUPT_HANDLER void on_main(void)
{
    struct seen *me = mine();
    me->main++;
    if (me->consume)
        consume_message(me);
    apic_eoi();
}

INTERRUPT_HANDLER void on_auto(void) // never an EOI
{
    mine()->automatic++;
    if (apic_bit(APIC_ISR, VECTOR_AUTO))
        mine()->auto_in_service = true;
}

INTERRUPT_HANDLER void on_fence(void)
{
    mine()->fence++;
    apic_eoi();
}

INTERRUPT_HANDLER void on_moved(void)
{
    mine()->moved++;
    apic_eoi();
}

INTERRUPT_HANDLER void on_wake(void)
{
    apic_eoi();
    if (this_cpu() < DEMO_CPUS)
        mine()->wake++;
}

INTERRUPT_STUB(main_stub, on_main)
INTERRUPT_STUB(auto_stub, on_auto)
INTERRUPT_STUB(fence_stub, on_fence)
INTERRUPT_STUB(moved_stub, on_moved)
INTERRUPT_STUB(wake_stub, on_wake)

// ---- building blocks

static void wait_for(const volatile u32 *counter, u32 value)
{
    while (*counter < value) {
        sti_hlt();
        cli();
    }
}

static void device(enum device_command command, u32 sint, u32 argument, u32 delay_ns)
{
    device_do(command, cpus[this_cpu()].vp_index, sint, argument, delay_ns);
}

// An interrupt known to come later than whatever should not come: when it is here, the other will not be.
static void fence(void)
{
    u32 next = mine()->fence + 1;
    device(DEVICE_SIGNAL, SINT_FENCE, 0, LATER);
    wait_for(&mine()->fence, next);
}

static void report(bool ok, const char *sentence)
{
    print("%s cpu %u: %s\n", ok ? "ok" : "fail", this_cpu(), sentence);
    *(ok ? &steps_ok : &steps_failed) += 1;
}

static bool slot_holds(u8 payload)
{
    const struct message *message = my_message();
    return message->type == 1 && message->payload_size == 1 && message->payload[0] == payload;
}

static bool slot_is_pending(void) { return my_message()->flags & MESSAGE_FLAG_PENDING; }

// ---- steps

static void step_message(void)
{
    u32 before = mine()->main;
    device(DEVICE_MESSAGE, SINT_MAIN, 0x5A, LATER);
    wait_for(&mine()->main, before + 1);
    bool ok = slot_holds(0x5A) && !slot_is_pending();
    message_release(my_message());
    report(ok, "a message arrives in its slot and raises the SINT");
}

static void step_busy_slot_eom(void)
{
    u32 before = mine()->main;
    device(DEVICE_MESSAGE, SINT_MAIN, 0xA1, LATER);
    wait_for(&mine()->main, before + 1); // its EOI is done, the slot still full
    device(DEVICE_MESSAGE, SINT_MAIN, 0xA2, NOW);
    bool staged = device_staged() == 1 && slot_is_pending() && slot_holds(0xA1);
    fence();
    bool quiet = mine()->main == before + 1;
    report(staged && quiet, "a busy slot: the second message is staged and the pending flag set, without an interrupt");

    bool more = message_release(my_message());
    eom();
    wait_for(&mine()->main, before + 2);
    report(more && slot_holds(0xA2) && !slot_is_pending(), "a busy slot: EOM brings the staged message");
    message_release(my_message());
}

static void step_busy_slot_eoi(void)
{
    struct seen *me = mine();
    u32 before = me->main;
    me->consume = true;
    me->consumed_count = 0;
    device(DEVICE_MESSAGE, SINT_MAIN, 0xA3, NOW);
    device(DEVICE_MESSAGE, SINT_MAIN, 0xA4, NOW);
    bool staged = device_staged() == 1 && slot_is_pending();
    wait_for(&me->main, before + 2);
    me->consume = false;
    bool both = me->consumed_count == 2 && me->consumed[0] == 0xA3 && me->consumed[1] == 0xA4;
    report(staged && both, "a busy slot: the EOI of a SINT that is not auto-EOI brings the staged message, without EOM");
}

static void step_event_flag(void)
{
    u32 before = mine()->main;
    device(DEVICE_FLAG, SINT_MAIN, TEST_FLAG, LATER);
    wait_for(&mine()->main, before + 1);
    report(flag_is_set(my_synic(), SINT_MAIN, TEST_FLAG), "an event flag is set and raises the SINT");

    device(DEVICE_FLAG, SINT_MAIN, TEST_FLAG, NOW);
    fence();
    report(mine()->main == before + 1, "an event flag that is set already raises nothing");

    flag_clear(my_synic(), SINT_MAIN, TEST_FLAG);
    device(DEVICE_FLAG, SINT_MAIN, TEST_FLAG, LATER);
    wait_for(&mine()->main, before + 2);
    report(flag_is_set(my_synic(), SINT_MAIN, TEST_FLAG), "an event flag that was cleared raises the SINT again");
    flag_clear(my_synic(), SINT_MAIN, TEST_FLAG);
}

// The SINT stays configured afterwards, so that its cost shows in the rounds.
static void step_auto_eoi(void)
{
    if (!use_auto_eoi) {
        print("skip cpu %u: auto-EOI reason=auto-eoi=off\n", this_cpu());
        return;
    }
    struct seen *me = mine();
    device(DEVICE_ATTACH, SINT_AUTO, 0, NOW);
    sint_write(SINT_AUTO, VECTOR_AUTO | SINT_AUTO_EOI);
    device(DEVICE_SIGNAL, SINT_AUTO, 0, LATER);
    u32 resamples = device_resamples();
    wait_for(&me->automatic, 1);
    report(!me->auto_in_service && !apic_bit(APIC_ISR, VECTOR_AUTO), "an auto-EOI SINT leaves no ISR bit, without an EOI");

    bool silent = device_resamples() == resamples;
    eom();
    report(silent && device_resamples() == resamples + 1, "an auto-EOI SINT is acknowledged to the resampler by EOM only");
    device(DEVICE_SIGNAL, SINT_AUTO, 0, LATER);
    wait_for(&me->automatic, 2);
    eom();
    report(!me->auto_in_service, "an auto-EOI SINT interrupts again");
}

static void step_irqfd(void)
{
    u32 before = mine()->main;
    device(DEVICE_SIGNAL, SINT_MAIN, 0, NOW);
    u32 resamples = device_resamples();
    wait_for(&mine()->main, before + 1);
    report(device_resamples() == resamples + 1, "the irqfd raises the SINT and its EOI fires the resampler");

    device(DEVICE_SIGNAL, SINT_MAIN, 0, NOW); // interrupts are off: no EOI before the EOM
    resamples = device_resamples();
    eom();
    bool by_eom = device_resamples() == resamples + 1;
    wait_for(&mine()->main, before + 2);
    report(by_eom, "the irqfd raises the SINT and EOM fires the resampler");
}

static void step_masked(void)
{
    u32 before = mine()->main;
    sint_write(SINT_MAIN, SINT_MASKED | VECTOR_MAIN);
    device(DEVICE_SIGNAL, SINT_MAIN, 0, NOW);
    fence();
    report(mine()->main == before, "a masked SINT does not interrupt");
    sint_write(SINT_MAIN, VECTOR_MAIN);
    eom(); // whatever the masked signal left asserted
    device(DEVICE_SIGNAL, SINT_MAIN, 0, LATER);
    wait_for(&mine()->main, before + 1);
    report(true, "an unmasked SINT interrupts again");
}

static void step_moved(void)
{
    u32 before = mine()->main;
    sint_write(SINT_MAIN, VECTOR_MOVED);
    device(DEVICE_SIGNAL, SINT_MAIN, 0, LATER);
    wait_for(&mine()->moved, 1);
    report(mine()->main == before, "a SINT on another vector interrupts there, and only there");
    sint_write(SINT_MAIN, VECTOR_MAIN);
}

// Every SINT interrupt exits at its EOI anyway; the self IPI beside it has an ordinary EOI, and exits only where an auto-EOI SINT
// keeps the virtualised APIC switched off.
static void run_rounds(void)
{
    struct seen *me = mine();
    u32 before = me->main, woken = me->wake;
    for (u32 i = 1; i <= rounds; i++) {
        device(DEVICE_SIGNAL, SINT_MAIN, 0, NOW);
        wait_for(&me->main, before + i);
        apic_send(0, ICR_SELF | ICR_ASSERT | ICR_FIXED | VECTOR_WAKE);
        wait_for(&me->wake, woken + i);
    }
    print("%s cpu %u: %u rounds of an irqfd signal and a self IPI\n", me->main == before + rounds ? "ok" : "fail", this_cpu(), rounds);
    *(me->main == before + rounds ? &steps_ok : &steps_failed) += 1;
}

// ---- the two CPUs

static void begin(void)
{
    synic_enable(my_synic());
    device(DEVICE_ATTACH, SINT_MAIN, 0, NOW);
    device(DEVICE_ATTACH, SINT_FENCE, 0, NOW);
    sint_write(SINT_MAIN, VECTOR_MAIN);
    sint_write(SINT_FENCE, VECTOR_FENCE);
}

static void end(void)
{
    device(DEVICE_DETACH, SINT_MAIN, 0, NOW);
    device(DEVICE_DETACH, SINT_FENCE, 0, NOW);
    synic_disable();
}

void ap_main(u32 index)
{
    if (index >= DEMO_CPUS)
        return;
    while (!second_cpu_may_go) {
        sti_hlt();
        cli();
    }
    begin();
    step_message();
    step_busy_slot_eom();
    end();
    second_cpu_is_done = true;
    apic_send(cpus[0].apic_id, ICR_ASSERT | ICR_FIXED | VECTOR_WAKE);
}

static void run_second_cpu(void)
{
    if (cpu_count < DEMO_CPUS)
        return;
    second_cpu_may_go = true;
    apic_send(cpus[1].apic_id, ICR_ASSERT | ICR_FIXED | VECTOR_WAKE);
    while (!second_cpu_is_done) {
        sti_hlt();
        cli();
    }
}

static void run_first_cpu(void)
{
    begin();
    step_message();
    step_busy_slot_eom();
    step_busy_slot_eoi();
    step_event_flag();
    step_auto_eoi();
    step_irqfd();
    step_masked();
    step_moved();
    run_rounds();
    if (use_auto_eoi)
        device(DEVICE_DETACH, SINT_AUTO, 0, NOW);
    end();
}

static void parse_command_line(void)
{
    struct option option;
    while (next_option(&option)) {
        if (same(option.key, "auto-eoi") && (same(option.value, "on") || same(option.value, "off")))
            use_auto_eoi = same(option.value, "on");
        else if (!same(option.key, "rounds") || !parse_number(option.value, &rounds))
            usage_error(&option, "auto-eoi=on|off or rounds=N");
    }
}

static const char *not_offered(void)
{
    if (!hyperv_present())
        return "Hyper-V interface not offered";
    if (!hyperv_has(HYPERV_SYNIC | HYPERV_VP_INDEX_ACCESS))
        return "Hyper-V SynIC or VP index not offered";
    return device_present() ? NULL : "no demo device";
}

void bsp_main(void)
{
    parse_command_line();
    idt_set(VECTOR_WAKE, wake_stub);
    idt_set(VECTOR_MAIN, main_stub);
    idt_set(VECTOR_AUTO, auto_stub);
    idt_set(VECTOR_FENCE, fence_stub);
    idt_set(VECTOR_MOVED, moved_stub);
    smp_start(false);
    const char *reason = not_offered();
    if (reason) {
        print("skip synic-demo reason=%s\n", reason);
        finish(EXIT_OK);
    }
    print("synic-demo: cpus=%u auto-eoi=%s%s\n", cpu_count, use_auto_eoi ? "on" : "off",
          hyperv_recommends(HYPERV_AUTO_EOI_DEPRECATED) ? " (deprecated here)" : "");
    run_first_cpu();
    run_second_cpu();
    print("synic-demo: %u ok, %u failed\n", steps_ok, steps_failed);
    finish(steps_failed ? EXIT_FAILED : EXIT_OK);
}

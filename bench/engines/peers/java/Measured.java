import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.ExchangeApi;
import exchange.core2.core.ExchangeCore;
import exchange.core2.core.common.CoreSymbolSpecification;
import exchange.core2.core.common.CoreWaitStrategy;
import exchange.core2.core.common.MatcherEventType;
import exchange.core2.core.common.MatcherTradeEvent;
import exchange.core2.core.common.OrderAction;
import exchange.core2.core.common.OrderType;
import exchange.core2.core.common.SymbolType;
import exchange.core2.core.common.api.ApiAddUser;
import exchange.core2.core.common.api.binary.BatchAddSymbolsCommand;
import exchange.core2.core.common.cmd.CommandResultCode;
import exchange.core2.core.common.cmd.OrderCommand;
import exchange.core2.core.common.cmd.OrderCommandType;
import exchange.core2.core.common.config.ExchangeConfiguration;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.common.config.OrdersProcessingConfiguration;
import exchange.core2.core.common.config.PerformanceConfiguration;
import exchange.core2.core.orderbook.IOrderBook;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import exchange.core2.core.orderbook.OrderBookEventsHelper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * exchange-core on the commands of one file: {@code java … Measured FILE book|api WARM_UPS}.
 *
 * <p>The file is what bench/engines/commands.py writes: signed 64-bit integers, little endian; how many
 * commands come before the clock starts, how many after; then five for each command. Each pass has a new
 * book. The first ones are for the compiler; then as many as in bench/engines/child.py, whose median counts.
 * The last line is one JSON object.
 */
public final class Measured {
    private static final int LONGS = 5;
    private static final int BUY = 1;
    private static final int CANCEL = 3;
    private static final int IMMEDIATE_OR_CANCEL = 1;
    private static final int SYMBOL = 1;
    private static final int BASE = 1;
    private static final int QUOTE = 2;
    private static final long USER = 1;
    private static final long DEADLINE_S = 120;
    private static final long TIMED_NANOSECONDS = 500_000_000;
    private static final int PASSES_MAX = 5;

    private static final CoreSymbolSpecification SPECIFICATION =
            CoreSymbolSpecification.builder()
                    .symbolId(SYMBOL)
                    .type(SymbolType.CURRENCY_EXCHANGE_PAIR)
                    .baseCurrency(BASE)
                    .quoteCurrency(QUOTE)
                    .baseScaleK(1)
                    .quoteScaleK(1)
                    .build();

    private final long[] commands;
    private final int before;
    private final int timed;

    private Measured(Path file) throws IOException {
        LongBuffer longs =
                ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        before = (int) longs.get();
        timed = (int) longs.get();
        commands = new long[(before + timed) * LONGS];
        longs.get(commands);
    }

    public static void main(String[] arguments) throws Exception {
        Measured measured = new Measured(Path.of(arguments[0]));
        boolean isBook = arguments[1].equals("book");
        for (int left = Integer.parseInt(arguments[2]); left > 0; left--) {
            measured.pass(isBook);
        }
        List<Work> passes = new ArrayList<>();
        long taken = 0;
        while (passes.size() < PASSES_MAX && taken < TIMED_NANOSECONDS) {
            passes.add(measured.pass(isBook));
            taken += passes.get(passes.size() - 1).nanoseconds;
        }
        passes.sort(Comparator.comparingLong(work -> work.nanoseconds));
        System.out.println(passes.get(passes.size() / 2).asJson(measured.timed));
        System.exit(0); // its threads would keep the process
    }

    private Work pass(boolean isBook) throws Exception {
        System.gc(); // what the last pass left behind
        return isBook ? book() : api();
    }

    /** What the commands behind `before` traded, what rested then, and how long that took. */
    private static final class Work {
        long trades;
        long lots;
        Long resting; // null: nobody asked
        Long restingLots;
        long nanoseconds;

        void hear(OrderCommand command) {
            require(command.resultCode);
            for (MatcherTradeEvent event = command.matcherEvent; event != null; event = event.nextEvent) {
                if (event.eventType == MatcherEventType.TRADE) {
                    trades++;
                    lots += event.size;
                }
            }
        }

        String asJson(int timed) {
            return String.format(
                    Locale.ROOT,
                    "{\"per_s\": %.0f, \"work\": {\"trades\": %d, \"lots\": %d, \"resting\": %s,"
                            + " \"resting_lots\": %s}}",
                    timed * 1e9 / nanoseconds,
                    trades,
                    lots,
                    resting,
                    restingLots);
        }
    }

    /** Its book of one symbol, called directly: no ring, no risk, one thread. */
    private Work book() {
        IOrderBook book =
                new OrderBookDirectImpl(
                        SPECIFICATION,
                        pool(),
                        OrderBookEventsHelper.NON_POOLED_EVENTS_HELPER,
                        LoggingConfiguration.DEFAULT);
        OrderCommand command = new OrderCommand();
        for (int at = 0; at < before * LONGS; at += LONGS) {
            carryOut(book, at, command);
        }
        Work work = new Work();
        long begun = System.nanoTime();
        for (int at = before * LONGS; at < commands.length; at += LONGS) {
            carryOut(book, at, command);
            work.hear(command);
        }
        work.nanoseconds = System.nanoTime() - begun;
        work.resting = (long) book.getOrdersNum(OrderAction.BID) + book.getOrdersNum(OrderAction.ASK);
        work.restingLots =
                book.getTotalOrdersVolume(OrderAction.BID) + book.getTotalOrdersVolume(OrderAction.ASK);
        return work;
    }

    /** As MatchingEngineRouter makes its own. */
    private static ObjectsPool pool() {
        Map<Integer, Integer> sizes = new HashMap<>();
        sizes.put(ObjectsPool.DIRECT_ORDER, 1024 * 1024);
        sizes.put(ObjectsPool.DIRECT_BUCKET, 1024 * 64);
        sizes.put(ObjectsPool.ART_NODE_4, 1024 * 32);
        sizes.put(ObjectsPool.ART_NODE_16, 1024 * 16);
        sizes.put(ObjectsPool.ART_NODE_48, 1024 * 8);
        sizes.put(ObjectsPool.ART_NODE_256, 1024 * 4);
        return new ObjectsPool(sizes);
    }

    private void carryOut(IOrderBook book, int at, OrderCommand command) {
        int kind = (int) commands[at];
        command.orderId = commands[at + 1];
        command.symbol = SYMBOL;
        command.uid = USER;
        command.matcherEvent = null;
        command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE; // what its risk engine would say
        if (kind == CANCEL) {
            command.command = OrderCommandType.CANCEL_ORDER;
        } else {
            command.command = OrderCommandType.PLACE_ORDER;
            command.action = kind == BUY ? OrderAction.BID : OrderAction.ASK;
            command.price = commands[at + 2];
            command.reserveBidPrice = commands[at + 2];
            command.size = commands[at + 3];
            command.orderType = commands[at + 4] == IMMEDIATE_OR_CANCEL ? OrderType.IOC : OrderType.GTC;
        }
        command.resultCode = IOrderBook.processCommand(book, command);
    }

    /** All of it, by its API: the ring, its threads, results; no journal, and a risk engine that lets all pass. */
    private Work api() throws InterruptedException {
        Results results = new Results();
        ExchangeCore core =
                ExchangeCore.builder()
                        .resultsConsumer((command, sequence) -> results.hear(command))
                        .exchangeConfiguration(configuration())
                        .build();
        core.startup();
        try {
            ExchangeApi api = core.getApi();
            ApiAddUser user = ApiAddUser.builder().uid(USER).build();
            require(api.submitCommandAsync(user).join());
            require(api.submitBinaryDataAsync(new BatchAddSymbolsCommand(SPECIFICATION)).join());
            results.expect(before);
            for (int at = 0; at < before * LONGS; at += LONGS) {
                submit(api, at);
            }
            results.await();
            results.expect(timed);
            long begun = System.nanoTime();
            for (int at = before * LONGS; at < commands.length; at += LONGS) {
                submit(api, at);
            }
            results.await();
            Work work = results.work;
            work.nanoseconds = System.nanoTime() - begun;
            return work;
        } finally {
            core.shutdown(DEADLINE_S, TimeUnit.SECONDS);
        }
    }

    /** Counts what the core has answered; its results thread calls, the ring orders that after `expect`. */
    private static final class Results {
        private Work work = new Work();
        private long left;
        private CountDownLatch answered = new CountDownLatch(0);

        void expect(long count) {
            work = new Work();
            left = count;
            answered = new CountDownLatch(count == 0 ? 0 : 1);
        }

        void hear(OrderCommand command) {
            OrderCommandType type = command.command;
            if (type != OrderCommandType.PLACE_ORDER && type != OrderCommandType.CANCEL_ORDER) {
                return; // what sets it up
            }
            work.hear(command);
            left--;
            if (left == 0) {
                answered.countDown();
            }
        }

        void await() throws InterruptedException {
            if (!answered.await(DEADLINE_S, TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        "exchange-core has not answered " + left + " commands in " + DEADLINE_S + " s");
            }
        }
    }

    private static ExchangeConfiguration configuration() {
        // Its own choices for throughput are four matching and two risk engines, whose threads spin on cores of
        // their own: more cores than there may be. One engine of each kind, threads that yield, nothing pinned.
        PerformanceConfiguration performance =
                PerformanceConfiguration.throughputPerformanceBuilder()
                        .matchingEnginesNum(1)
                        .riskEnginesNum(1)
                        .threadFactory(Thread::new)
                        .waitStrategy(CoreWaitStrategy.YIELDING)
                        .orderBookFactory(OrderBookDirectImpl::new)
                        .build();
        OrdersProcessingConfiguration orders =
                OrdersProcessingConfiguration.builder()
                        .riskProcessingMode(
                                OrdersProcessingConfiguration.RiskProcessingMode.NO_RISK_PROCESSING)
                        .marginTradingMode(
                                OrdersProcessingConfiguration.MarginTradingMode.MARGIN_TRADING_DISABLED)
                        .build();
        return ExchangeConfiguration.defaultBuilder()
                .performanceCfg(performance)
                .ordersProcessingCfg(orders)
                .build();
    }

    private void submit(ExchangeApi api, int at) {
        int kind = (int) commands[at];
        long orderId = commands[at + 1];
        if (kind == CANCEL) {
            api.cancelOrder(0, 0, 0, orderId, SYMBOL, USER);
        } else {
            api.placeNewOrder(
                    0,
                    0,
                    0,
                    orderId,
                    0,
                    commands[at + 2],
                    commands[at + 2],
                    commands[at + 3],
                    kind == BUY ? OrderAction.BID : OrderAction.ASK,
                    commands[at + 4] == IMMEDIATE_OR_CANCEL ? OrderType.IOC : OrderType.GTC,
                    SYMBOL,
                    USER);
        }
    }

    private static void require(CommandResultCode code) {
        if (code != CommandResultCode.SUCCESS && code != CommandResultCode.ACCEPTED) {
            throw new IllegalStateException("exchange-core refused a command: " + code);
        }
    }
}

import { Box, Group, SegmentedControl, Text, useComputedColorScheme, useMantineTheme } from '@mantine/core';
import {
    CandlestickSeries,
    ColorType,
    createChart,
    LineStyle,
    type IChartApi,
    type IPriceLine,
    type ISeriesApi,
    type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, useState } from 'react';
import { price as priceText, priceNumber } from '../../lib/format';
import { extended, fetchCandles, RESOLUTIONS, type Candle, type Resolution } from './candles';

/** A price worth seeing. */
export type Line = { name: string; price: bigint; colour: 'tide' | 'amber' | 'danger' | 'gain' };

type Props = {
    symbol: string;
    server: string | null;
    /** The newest price and when it was published. */
    price: bigint;
    time: bigint;
    lines: Line[];
};

const HEIGHT = 360;
const point = (candle: Candle) => ({ ...candle, time: candle.time as UTCTimestamp });

/** The market's price, with the account's lines in it. */
export default function Chart({ symbol, server, price, time, lines }: Props) {
    const [resolution, setResolution] = useState<Resolution>(RESOLUTIONS[0]);
    const box = useRef<HTMLElement>(null);
    const chart = useChart(box);
    const last = useRef<Candle | undefined>(undefined);
    const [note, setNote] = useState<string | null>(null);
    useEffect(() => {
        if (!chart) return;
        const stop = new AbortController();
        last.current = undefined;
        chart.series.setData([]);
        if (!server) return setNote('This site has no price history: the chart begins now.');
        setNote(null);
        fetchCandles(server, symbol, resolution, Number(time), stop.signal).then(
            (candles) => {
                if (stop.signal.aborted) return;
                last.current = candles.at(-1);
                chart.series.setData(candles.map(point));
                chart.api.timeScale().fitContent();
                if (candles.length === 0) setNote('There is no history yet: the chart begins now.');
            },
            (error: Error) => stop.signal.aborted || setNote(`No history: ${error.message}`),
        );
        return () => stop.abort();
        // The time is where the history ends when it is asked for; later prices follow one by one.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [chart, server, symbol, resolution]);
    useEffect(() => {
        if (!chart || price === 0n) return;
        last.current = extended(last.current, resolution, Number(time), priceNumber(price));
        chart.series.update(point(last.current));
    }, [chart, price, time, resolution]);
    useLines(chart?.series, lines);
    return (
        <Box>
            <Group justify="space-between" mb="xs">
                <Text size="xs" c="dimmed">
                    {note ?? 'Oracle price'}
                </Text>
                <SegmentedControl
                    aria-label="Length of a candle"
                    size="xs"
                    value={resolution.value}
                    onChange={(value) => setResolution(RESOLUTIONS.find((it) => it.value === value)!)}
                    data={RESOLUTIONS.map(({ value, label }) => ({ value, label }))}
                />
            </Group>
            <figure
                ref={box}
                style={{ height: HEIGHT, margin: 0 }}
                aria-label={`Price of ${symbol}, now ${priceText(price)} dollars`}
            />
        </Box>
    );
}

type Made = { api: IChartApi; series: ISeriesApi<'Candlestick'> };

function useChart(box: React.RefObject<HTMLElement | null>): Made | null {
    const [made, setMade] = useState<Made | null>(null);
    const scheme = useComputedColorScheme('light');
    const { colors } = useMantineTheme();
    useEffect(() => {
        const api = createChart(box.current!, { autoSize: true });
        const series = api.addSeries(CandlestickSeries);
        setMade({ api, series });
        return () => api.remove();
    }, [box]);
    useEffect(() => {
        if (!made) return;
        const dark = scheme === 'dark';
        const [line, text] = dark ? [colors.dark![5]!, '#9db0c2'] : ['#e4ebf0', '#53677a'];
        made.api.applyOptions({
            layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: text, attributionLogo: true },
            grid: { vertLines: { color: line }, horzLines: { color: line } },
            rightPriceScale: { borderColor: line },
            timeScale: { borderColor: line, timeVisible: true, secondsVisible: false },
        });
        const [up, down] = [colors.gain![dark ? 4 : 6]!, colors.danger![dark ? 4 : 6]!];
        made.series.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false });
    }, [made, scheme, colors]);
    return made;
}

function useLines(series: ISeriesApi<'Candlestick'> | undefined, lines: Line[]) {
    const { colors } = useMantineTheme();
    const key = lines.map(({ name, price }) => `${name} ${price}`).join();
    useEffect(() => {
        if (!series) return;
        const drawn: IPriceLine[] = lines.map(({ name, price, colour }) =>
            series.createPriceLine({
                price: priceNumber(price),
                color: colors[colour]![5]!,
                lineStyle: LineStyle.Dashed,
                lineWidth: 1,
                axisLabelVisible: true,
                title: name,
            }),
        );
        return () => drawn.forEach((line) => series.removePriceLine(line));
        // Lines are the same while their names and prices are.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [series, key, colors]);
}

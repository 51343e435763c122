import { Table as Mantine, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** A column: its name, and whether numbers stand in it. */
export type Column = { name: string; number?: boolean; hidden?: boolean };

/** A table that scrolls by itself where it is too wide. Rows are keyed cells in the order of the columns. */
export function Table({
    label,
    columns,
    rows,
    empty,
}: {
    label: string;
    columns: Column[];
    rows: { key: string | number; cells: ReactNode[]; background?: string }[];
    empty: ReactNode;
}) {
    if (rows.length === 0) {
        return (
            <Text c="dimmed" size="sm">
                {empty}
            </Text>
        );
    }
    const align = ({ number }: Column) => (number ? 'right' : 'left');
    return (
        <Mantine.ScrollContainer
            minWidth={columns.length * 84}
            scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } }}
        >
            <Mantine verticalSpacing={8} horizontalSpacing="xs" aria-label={label}>
                <Mantine.Thead>
                    <Mantine.Tr>
                        {columns.map((column, at) => (
                            <Mantine.Th key={at} ta={align(column)} fw={500} c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                                {column.hidden ? <span className="hidden">{column.name}</span> : column.name}
                            </Mantine.Th>
                        ))}
                    </Mantine.Tr>
                </Mantine.Thead>
                <Mantine.Tbody>
                    {rows.map(({ key, cells, background }) => (
                        <Mantine.Tr key={key} bg={background}>
                            {cells.map((cell, at) => (
                                <Mantine.Td
                                    key={at}
                                    ta={align(columns[at]!)}
                                    className={columns[at]!.number ? 'num' : undefined}
                                    style={{ whiteSpace: 'nowrap' }}
                                >
                                    {cell}
                                </Mantine.Td>
                            ))}
                        </Mantine.Tr>
                    ))}
                </Mantine.Tbody>
            </Mantine>
        </Mantine.ScrollContainer>
    );
}

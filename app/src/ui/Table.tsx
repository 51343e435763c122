import { Text } from '@mantine/core';
import { memo, type ReactNode } from 'react';

/** A column: its name, and whether numbers stand in it. */
export type Column = { name: string; number?: boolean; hidden?: boolean };

/** Pixels that a column has at least before a table scrolls. */
const LEAST = 84;
const kind = ({ number }: Column) => (number ? 'num' : undefined);

/**
 * A table that scrolls by itself where it is too wide. Rows are keyed cells in the order of the columns. Its elements
 * are the browser's own: a component for each cell is most of what a price would cost.
 */
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
    return (
        <div className="scrolling" tabIndex={0} role="region" aria-label={label}>
            <table className="rows" aria-label={label} style={{ minWidth: columns.length * LEAST }}>
                <Head columns={columns} />
                <tbody>
                    {rows.map(({ key, cells, background }) => (
                        <tr key={key} style={background ? { background } : undefined}>
                            {cells.map((cell, at) => (
                                <td key={at} className={kind(columns[at]!)}>
                                    {cell}
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

const Head = memo(function Head({ columns }: { columns: Column[] }) {
    return (
        <thead>
            <tr>
                {columns.map((column, at) => (
                    <th key={at} className={kind(column)}>
                        {column.hidden ? <span className="hidden">{column.name}</span> : column.name}
                    </th>
                ))}
            </tr>
        </thead>
    );
});
